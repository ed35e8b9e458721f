"""Fixtures for every test: where the driver file is, a private ODBC configuration, and connection strings.

Nothing is built here (`make test` did that). The ODBC configuration is a folder of the session's own, named by
ODBCSYSINI and ODBCINSTINI for unixODBC and by ODBCINI for both managers, set before any test can load a manager.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "argus_odbc"
RUNNING = ROOT / "build" / "test-running"

sys.path.insert(0, str(ROOT / "tests"))


def driver_file() -> Path:
    """The driver file under test: ARGUS_DRIVER, else the one that was built into the source tree."""
    return Path(os.environ.get("ARGUS_DRIVER") or PACKAGE / "libargus_odbc.so").resolve()


def core_file() -> Path | None:
    """The core that stands beside the driver file."""
    return next(iter(sorted(driver_file().parent.glob("_core.*so"))), None)


def manager_version() -> str:
    """What `odbcinst --version` says, or that there is none."""
    try:
        done = subprocess.run(["odbcinst", "--version"], capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "no unixODBC"
    return (done.stdout or done.stderr).strip()


# ---- the session's ODBC configuration ----


def quoted(value: object) -> str:
    """A value of a connection string, in braces where it needs them."""
    text = str(value)
    if not text or any(c in text for c in "[]{}(),;?*=!@ "):
        return "{" + text.replace("}", "}}") + "}"
    return text


def connection_string(**keywords: object) -> str:
    """A connection string for the driver under test: `Driver=Argus;` and the keywords."""
    return "Driver=Argus;" + "".join(f"{key}={quoted(value)};" for key, value in keywords.items())


def write_configuration(folder: Path) -> None:
    """odbcinst.ini and odbc.ini in `folder`, readable by unixODBC and by iODBC."""
    folder.mkdir(parents=True, exist_ok=True)
    driver = driver_file()
    (folder / "odbcinst.ini").write_text(
        f"[ODBC Drivers]\nArgus=Installed\n\n[Argus]\nDescription=Argus\nDriver={driver}\nThreading=0\n"
    )
    (folder / "odbc.ini").write_text(
        "[ODBC Data Sources]\nArgusTest=Argus\n\n"
        f"[ArgusTest]\nDriver={driver}\nDescription=Embedded DuckDB in memory\nBackend=duckdb\nDatabase=:memory:\n"
    )


def use_configuration(folder: Path) -> None:
    """Make both driver managers of this process, and of its children, read `folder`."""
    os.environ["ODBCSYSINI"] = str(folder)
    os.environ["ODBCINSTINI"] = "odbcinst.ini"
    os.environ["ODBCINI"] = str(folder / "odbc.ini")
    os.environ["SYSODBCINI"] = str(folder / "odbc.ini")
    os.environ["SYSODBCINSTINI"] = str(folder / "odbcinst.ini")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "engine: needs a server that the test starts itself")
    config.addinivalue_line("markers", "slow: takes more than a few seconds")
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
