"""Fixtures for every test: where the driver file is, a private ODBC configuration, and connection strings.

Nothing is built here (`make test` did that). The ODBC configuration is a folder of the session's own, named by
ODBCSYSINI and ODBCINSTINI for unixODBC and by ODBCINI for both managers, set before any test can load a manager.
"""

from __future__ import annotations

import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines.fixtures import (  # noqa: F401  fixtures for all tests
    hive_http,
    hive_server,
    impala_http,
    impala_server,
    spark_server,
    trino_server,
)
from registration import (
    ROOT,
    connection_string,
    core_file,
    driver_file,
    manager_version,
    use_configuration,
    write_configuration,
)

RUNNING = ROOT / "build" / "test-running"


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts its jobs in the background so; tests press Ctrl-C in this process and in others.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = ROOT / "build" / "test-odbc"
    write_configuration(folder)
    use_configuration(folder)


def pytest_report_header() -> list[str]:
    driver, core = driver_file(), core_file()
    lines = [
        f"driver: {driver if driver.exists() else f'{driver} is MISSING: run `make build`'}",
        f"core:   {core or 'MISSING: run `make build`'}",
        f"python: {sys.executable} {platform.python_version()}, driver manager: {manager_version()}",
    ]
    if RUNNING.exists():
        lines.append(f"THE LAST RUN CRASHED, or was killed, in: {RUNNING.read_text().strip() or 'the collection'}")
    return lines


# ---- a run that dies leaves the name of its test behind ----


def pytest_sessionstart(session: pytest.Session) -> None:
    if not session.config.option.collectonly:
        RUNNING.parent.mkdir(exist_ok=True)


def pytest_runtest_logstart(nodeid: str) -> None:
    RUNNING.write_text(nodeid + "\n")


def pytest_sessionfinish() -> None:
    RUNNING.unlink(missing_ok=True)


# ---- fixtures ----


@pytest.fixture(scope="session")
def driver_path() -> Path:
    """The driver file."""
    path = driver_file()
    assert path.exists(), f"{path} is not there: run `make build`"
    return path


@pytest.fixture(scope="session")
def odbc_folder() -> Path:
    """The folder of this session's odbcinst.ini and odbc.ini."""
    return Path(os.environ["ODBCSYSINI"])


@pytest.fixture(scope="session")
def dsn(driver_path: Path) -> str:
    """Name of a data source that is registered for this session: DuckDB in memory."""
    return "ArgusTest"


@pytest.fixture
def connect(driver_path: Path) -> Iterator[Callable[..., object]]:
    """Connects through pyodbc: `connect(Backend="duckdb", ...)`; what it opened is closed after the test."""
    import pyodbc

    pyodbc.pooling = False
    opened: list[pyodbc.Connection] = []

    def open_connection(**keywords: object) -> pyodbc.Connection:
        autocommit = bool(keywords.pop("autocommit", False))
        connection = pyodbc.connect(connection_string(**keywords), autocommit=autocommit)
        opened.append(connection)
        return connection

    yield open_connection
    for connection in opened:
        connection.close()


@pytest.fixture
def conn(connect: Callable[..., object]) -> object:
    """A pyodbc connection to DuckDB in memory."""
    return connect(Backend="duckdb", Database=":memory:")


@pytest.fixture
def cursor(conn: object) -> object:
    """A pyodbc cursor on `conn`."""
    return conn.cursor()  # type: ignore[attr-defined]
