"""The object store of a spooling Trino: an S3 server of its own (moto), and what the server's configuration says of it."""

from __future__ import annotations

import base64
import os
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .process import free_port, running

MANAGER = """\
spooling-manager.name=filesystem
fs.s3.enabled=true
fs.location=s3://spool/segments/
s3.endpoint=http://127.0.0.1:{port}
s3.region=us-east-1
s3.aws-access-key=test
s3.aws-secret-key=testtest
s3.path-style-access=true
fs.segment.encryption={encryption}
"""


@dataclass(frozen=True)
class Store:
    """A running S3 server with the bucket `spool`."""

    port: int

    def config(self, mode: str = "STORAGE") -> dict[str, str]:
        """Lines of config.properties. `mode`: where clients get segments, as protocol.spooling.retrieval-mode has it."""
        return {
            "protocol.spooling.enabled": "true",
            "protocol.spooling.shared-secret-key": base64.b64encode(os.urandom(32)).decode(),
            "protocol.spooling.retrieval-mode": mode,
        }

    def files(self, encryption: bool = False) -> dict[str, str]:
        """Files of the folder etc."""
        text = MANAGER.format(port=self.port, encryption=str(encryption).lower())
        return {"spooling-manager.properties": text}

    def listed(self) -> bytes:
        """The answer to a listing of the bucket."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/spool?list-type=2", timeout=10) as answer:
            return answer.read()


@contextmanager
def object_store(folder: Path) -> Iterator[Store]:
    """An empty store; `folder` gets its log."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, folder, port, 60):
        bucket = urllib.request.Request(f"http://127.0.0.1:{port}/spool", method="PUT")
        urllib.request.urlopen(bucket, timeout=10).close()
        yield Store(port)
