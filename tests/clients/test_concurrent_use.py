"""Cancel, polling and several threads on one connection, through unixODBC at each of its levels of serialisation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clients.concurrent_use import QUERIES, THREADS
from clients.sources import Source
from engine_facts import FACTS

SCRIPT = Path(__file__).with_name("concurrent_use.py")
# Threading of odbcinst.ini: 0 none, 1 one call per statement, 2 per connection, 3 per environment.
LEVELS = (0, 1, 2, 3)

PROMPT = 3.0
"""Seconds within which a cancel has ended a statement that would run for hours; on a machine that is idle, below one."""


def run(source: Source, driver_path: Path, folder: Path, level: int, task: str) -> list[str]:
    """The words that the script prints, with the driver registered at a level."""
    (folder / "odbcinst.ini").write_text(f"[Argus]\nDriver={driver_path}\nThreading={level}\n")
    env = os.environ | {"ODBCSYSINI": str(folder), "ODBCINSTINI": "odbcinst.ini"}
    text = source.connection_string
    command = [sys.executable, str(SCRIPT), text, FACTS[source.engine].slow, task]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done
    return done.stdout.split()


@pytest.mark.parametrize("level", LEVELS[:3])
def test_cancel_from_another_thread(source: Source, driver_path: Path, tmp_path: Path, level: int) -> None:
    """At level 3 unixODBC holds SQLCancel back until the statement has ended."""
    state, seconds = run(source, driver_path, tmp_path, level, "cancel")
    assert state == "HY008"
    assert float(seconds) < PROMPT


@pytest.mark.parametrize("level", LEVELS)
def test_asynchronous_statement_is_cancelled(source: Source, driver_path: Path, tmp_path: Path, level: int) -> None:
    state, seconds = run(source, driver_path, tmp_path, level, "async")
    assert state == "HY008"
    assert float(seconds) < PROMPT


@pytest.mark.parametrize("level", LEVELS)
def test_threads_share_a_connection(source: Source, driver_path: Path, tmp_path: Path, level: int) -> None:
    assert run(source, driver_path, tmp_path, level, "threads") == [str(THREADS * QUERIES), "right"]
