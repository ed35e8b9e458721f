"""The server that answers as an Impala coordinator does; see servers/impala/."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from .process import BUILD, Server, free_port, running, wait_for_port

SERVER = Path(__file__).parent / "servers" / "impala"


@contextmanager
def impala_server(*switches: str) -> Iterator[Server]:
    """A server of its own with the tables of fixtures.sql; `switches` are those of impala_server.py."""
    BUILD.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="impala-", dir=BUILD))
    port, http_port = free_port(), free_port()
    command = [sys.executable, str(SERVER / "impala_server.py"), "--port", str(port), "--http-port", str(http_port)]
    command += ["--init", str(SERVER / "fixtures.sql"), *switches]
    try:
        with running(command, folder, port, 60) as server:
            wait_for_port(http_port, 10)
            yield replace(server, http_port=http_port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
