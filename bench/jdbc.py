"""The engines' own JDBC drivers, out of Maven Central, as peers: Jdbc.java fetches and sums what harness.c does."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.common import RESULTS, ROOT

HIVE = "org.apache.hive:hive-jdbc:4.0.1:jar:standalone"
TRINO = "io.trino:trino-jdbc:476"
"""Maven's coordinates of the drivers."""
FETCH_ROWS = 10_000
"""Rows that one call fetches; hive-jdbc's own default is 1000, with which it is slower. trino-jdbc pays no heed to it."""


def jar(artifact: str) -> Path:
    """The driver's jar, fetched once through Maven."""
    _group, name, version, *rest = artifact.split(":")
    folder = RESULTS / "jars"
    path = folder / ("-".join([name, version, *rest[1:]]) + ".jar")
    if not path.exists():
        command = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not path.exists():
            raise RuntimeError(f"Maven did not bring {artifact}:\n{(done.stdout + done.stderr)[-2000:]}")
    return path


def build() -> Path:
    """Compile Jdbc.java when it has changed; the folder of its class."""
    source, folder = ROOT / "bench" / "Jdbc.java", RESULTS / "jdbc"
    program = folder / "Jdbc.class"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        subprocess.run(["javac", "-d", folder, source], check=True)
    return folder


@contextmanager
def program(
    artifact: str, url: str, sql: str, columns: str, user: str = "bench", fetch_rows: int = FETCH_ROWS
) -> Iterator[Callable[[], dict[str, Any]]]:
    """A function that fetches the whole result through one driver and gives rows, seconds and sums.

    Each call opens a connection of its own in the same Java process. `columns` has harness.c's letters.
    """
    options = ["-Xmx1g", "-Duser.timezone=UTC", "-cp", f"{jar(artifact)}:{build()}"]
    command = ["java", *options, "Jdbc", url, user, sql, str(fetch_rows), columns]
    with (
        tempfile.TemporaryFile() as noise,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=noise, text=True) as java,
    ):
        assert java.stdin is not None and java.stdout is not None
        asks, answers = java.stdin, java.stdout

        def fetch() -> dict[str, Any]:
            asks.write("\n")
            asks.flush()
            for line in answers:
                if line.startswith("{"):
                    return json.loads(line)
            noise.seek(0)
            raise RuntimeError(f"{artifact} on {url}: {noise.read().decode(errors='replace')[-2000:]}")

        try:
            yield fetch
        finally:
            asks.close()
            try:
                java.wait(20)
            except subprocess.TimeoutExpired:
                java.kill()
