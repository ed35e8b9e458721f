"""`argus-odbc doctor`: what stands between this machine and a query, in the order in which it would stop one."""

from __future__ import annotations

import importlib
import json
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argus_odbc import connstr
from argus_odbc.backends import known_backends, load_backend
from argus_odbc.client import SQL_DBMS_NAME, SQL_DBMS_VER, Connection, as_connection_string
from argus_odbc.errors import DriverError, advice
from argus_odbc.install import SECTION, InstallError, driver_file
from argus_odbc.settings import Settings
from argus_odbc.tls import tls_context

OLDEST_PYTHON = (3, 11)
PATIENCE = 10.0
"""Seconds for one step over the network, unless LoginTimeout is less."""

OK, NOTE, FAIL = "ok", "note", "FAIL"


@dataclass(frozen=True)
class Finding:
    """The result of one check. `todo` is one sentence, there for everything that failed."""

    status: str
    check: str
    text: str
    todo: str = ""


def examine(conn: str | None) -> Iterator[Finding]:
    """Every check, as it is done; `conn` is a data source's name or a connection string, None for this machine only."""
    yield from _driver_files()
    yield from _python()
    yield from _managers()
    yield from _packages()
    if conn is not None:
        yield from _connection(conn)


# ---- this machine ----


def _driver_files() -> Iterator[Finding]:
    try:
        loader = driver_file()
    except InstallError as e:
        yield Finding(FAIL, "driver file", str(e), "Install argus-odbc with pip, or run `make build` in its clone.")
        return
    cores = sorted(loader.parent.glob("_core*.so"))
    if not cores:
        text = f"{loader} is there, but the core _core.abi3.so beside it is not"
        yield Finding(FAIL, "driver file", text, "Install argus-odbc again: both files belong together.")
        return
    yield Finding(OK, "driver file", str(loader))
    for file in (loader, cores[0]):
        yield _libraries(file)


def _libraries(file: Path) -> Finding:
    """Whether the libraries that a native file names are there."""
    missing = []
    if shutil.which("ldd"):
        done = subprocess.run(["ldd", str(file)], capture_output=True, text=True, timeout=30, check=False)
        missing = [line.split()[0] for line in done.stdout.splitlines() if "not found" in line]
    if missing:
        text = f"{file.name} needs {', '.join(missing)}, which this machine does not have"
        todo = f"Install the system package that has {missing[0]}; `apt-file search {missing[0]}` names it on Debian."
        return Finding(FAIL, "libraries", text, todo)
    # In a process of its own, because it may not be possible to load it into this one twice.
    failed = _in_child("import ctypes, sys; ctypes.CDLL(sys.argv[1])", str(file)) if "_core" not in file.name else ""
    if failed:
        return Finding(
            FAIL, "libraries", f"{file.name} cannot be loaded: {failed}", "Install argus-odbc for this machine."
        )
    return Finding(OK, "libraries", f"all that {file.name} needs are there")


def _in_child(code: str, *arguments: str) -> str:
    """The last line of the error when `code` fails in a Python of its own; "" when it does not."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or [f"the process ended with code {done.returncode}"])[-1]


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        todo = "Install argus-odbc into an environment of Python 3.11 or later."
        yield Finding(FAIL, "Python", f"{sys.executable} is Python {version}", todo)
        return
    yield Finding(OK, "Python", f"{version}, {sys.executable}")
    name = sysconfig.get_config_var("INSTSONAME") or ""
    if ".so" not in name:
        name = f"libpython{sysconfig.get_config_var('LDVERSION')}.so.1.0"
    beside = [Path(sysconfig.get_config_var("LIBDIR") or "/usr/lib") / name, Path(sys.base_prefix) / "lib" / name]
    library = next((str(p) for p in beside if p.exists()), name)
    failed = _in_child("import ctypes, sys; ctypes.CDLL(sys.argv[1])", library)
    if failed:
        minor = "{}.{}".format(*sys.version_info[:2])
        yield Finding(
            FAIL,
            "libpython",
            f"{name} cannot be loaded, and programs that are not Python (isql, BI tools) need it: {failed}",
            f"Install it: `apt install libpython{minor}` on Debian and Ubuntu.",
        )
    else:
        yield Finding(OK, "libpython", library)


# Runs in a process of its own: a manager's libraries in this one would decide what the driver takes for a SQLWCHAR.
_ASK_MANAGERS = """
import ctypes, json, sys
found = {}
for name, manager, installer in (("unixODBC", "libodbc.so.2", "libodbcinst.so.2"),
                                 ("iODBC", "libiodbc.so.2", "libiodbcinst.so.2")):
    try:
        ctypes.CDLL(manager)
        ask = ctypes.CDLL(installer).SQLGetPrivateProfileString
    except OSError as e:
        found[name] = None
        continue
    buffer = ctypes.create_string_buffer(4096)
    ask(sys.argv[1].encode(), b"Driver", b"", buffer, 4096, b"odbcinst.ini")
    found[name] = buffer.value.decode("utf-8", "replace")
print(json.dumps(found))
"""


def _registered() -> dict[str, str | None]:
    """Each driver manager: None when it is not there, else what it knows as [Argus]'s file ("" = nothing)."""
    done = subprocess.run(
        [sys.executable, "-c", _ASK_MANAGERS, SECTION], capture_output=True, text=True, timeout=60, check=False
    )
    return json.loads(done.stdout) if done.returncode == 0 else {}


def _managers() -> Iterator[Finding]:
    found = _registered()
    present = {name: registered for name, registered in found.items() if registered is not None}
    if not present:
        yield Finding(
            FAIL,
            "driver manager",
            "neither unixODBC (libodbc.so.2) nor iODBC (libiodbc.so.2) is installed, so no program finds any driver",
            "Install unixODBC: `apt install unixodbc` on Debian and Ubuntu; `argus-odbc query` works without it.",
        )
        return
    yield Finding(OK, "driver manager", " and ".join(present))
    for name, registered in present.items():
        yield _registration(name, registered)


def _registration(manager: str, registered: str) -> Finding:
    check = "registration"
    install = "Run `argus-odbc install --user`, or --system for every user."
    if not registered:
        return Finding(FAIL, check, f"{manager} knows no driver [{SECTION}]", install)
    if not Path(registered).exists():
        return Finding(FAIL, check, f"{manager} looks for [{SECTION}] at {registered}, which does not exist", install)
    try:
        own = driver_file()
    except InstallError:
        return Finding(OK, check, f"{manager} finds [{SECTION}] at {registered}")
    if not own.samefile(registered):
        return Finding(NOTE, check, f"{manager} uses another copy of [{SECTION}], {registered}; this one is {own}")
    return Finding(OK, check, f"{manager} finds [{SECTION}]")


def _packages() -> Iterator[Finding]:
    for name in known_backends():
        yield _package(name, NOTE)


def _package(name: str, status: str) -> Finding:
    """Whether what a backend imports is installed; `status` is what a missing package means."""
    try:
        versions = [_version(module) for module in load_backend(name).packages]
    except DriverError as e:
        missing = getattr(e.__cause__, "name", None)
        todo = f"Run `{sys.executable} -m pip install {missing}`." if missing else advice(e.sqlstate, e.message)
        return Finding(status, "packages", e.message, todo)
    except ImportError as e:
        text = f"the backend {name} needs the package {e.name}, which is not installed"
        todo = f"Run `{sys.executable} -m pip install {load_backend(name).packages[e.name or '']}`."
        return Finding(status, "packages", text, todo)
    return Finding(OK, "packages", f"{name}: {', '.join(versions) or 'nothing more is needed'}")


def _version(module: str) -> str:
    found: Any = importlib.import_module(module)
    return f"{module} {getattr(found, '__version__', '')}".strip()


# ---- a connection ----


def _connection(conn: str) -> Iterator[Finding]:
    text = as_connection_string(conn)
    try:
        settings, _, warnings = connstr.resolve(text, own_keywords=lambda name: load_backend(name).keywords)
        backend = load_backend(settings.backend)
        addresses = settings.addresses(backend.usual_port(settings))
    except DriverError as e:
        yield Finding(FAIL, "settings", f"{e.sqlstate} {e.message}", advice(e.sqlstate, e.message))
        return
    yield from _data_source(text)
    yield from (Finding(NOTE, "settings", message) for _, _, message in warnings)
    yield Finding(OK, "settings", f"Backend={settings.backend}" + (f", user {settings.uid}" if settings.uid else ""))
    package = _package(settings.backend, FAIL)
    yield package
    if package.status == FAIL:
        return
    if addresses:
        reached = False
        for host, port in addresses:
            for finding in _reach(settings, host, port):
                yield finding
            reached = reached or finding.status == OK
        if not reached:
            return
    yield from _login(text)


def _data_source(text: str) -> Iterator[Finding]:
    """Whether the driver that a data source names is this one."""
    pairs = {k.lower(): v for k, v in connstr.parse_connection_string(text)}
    name = pairs.get("dsn")
    if not name or "driver" in pairs:
        return
    stored = {k.lower(): v for k, v in connstr.find_data_source(name)}
    driver = stored.get("driver", "")
    todo = f"Write `Driver = {SECTION}` into the section [{name}] of odbc.ini."
    if not driver:
        yield Finding(FAIL, "data source", f"[{name}] names no driver, so a driver manager cannot open it", todo)
    elif driver.lower() == SECTION.lower() or _is_ours(driver):
        yield Finding(OK, "data source", f"[{name}] uses {driver}")
    else:
        yield Finding(FAIL, "data source", f"[{name}] is for another driver, {driver}", todo)


def _is_ours(driver: str) -> bool:
    try:
        return Path(driver).exists() and driver_file().samefile(driver)
    except InstallError:
        return False


def _reach(settings: Settings, host: str, port: int) -> Iterator[Finding]:
    """Name, port and TLS of one server; the last finding says whether it was reached."""
    where = f"{host}:{port}"
    patience = min(settings.login_timeout or PATIENCE, PATIENCE)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as e:
        reason = getattr(e, "strerror", None) or str(e)
        todo = f"Correct the spelling of Host, or ask why this machine does not know it: `getent hosts {host}`."
        yield Finding(FAIL, "name", f'the host name "{host}" cannot be resolved: {reason}', todo)
        return
    yield Finding(OK, "name", f"{host} is {', '.join(dict.fromkeys(str(a[4][0]) for a in found))}")
    started = time.monotonic()
    try:
        opened = socket.create_connection((host, port), timeout=patience)
    except ConnectionRefusedError:
        todo = f"Start the server, or correct Port; `ss -ltn` on {host} lists the ports that are open there."
        yield Finding(FAIL, "port", f"nothing listens on {where}", todo)
        return
    except TimeoutError:
        todo = "Ask whether a firewall or a VPN lies between this machine and the server."
        yield Finding(FAIL, "port", f"{where} does not answer within {patience:g} seconds", todo)
        return
    except OSError as e:
        todo = "Check this machine's network: the server's network cannot be reached from here."
        yield Finding(FAIL, "port", f"{where} cannot be reached: {e.strerror or e}", todo)
        return
    with opened:
        yield Finding(OK, "port", f"{where} answers in {(time.monotonic() - started) * 1000:.0f} ms")
        if settings.ssl:
            yield _tls(settings, opened, host, where)


def _tls(settings: Settings, opened: socket.socket, host: str, where: str) -> Finding:
    try:
        with tls_context(settings).wrap_socket(opened, server_hostname=host) as secured:
            cipher = secured.cipher()
            return Finding(OK, "TLS", f"{secured.version()}, {cipher[0] if cipher else 'no cipher'}")
    except DriverError as e:
        return Finding(FAIL, "TLS", e.message, "Correct that file of the SSL keywords.")
    except OSError as e:
        reason = getattr(e, "verify_message", None) or getattr(e, "reason", None) or e.strerror or str(e)
        if hasattr(e, "verify_message"):
            todo = "Name the authority's certificate with SSLCAFile; SSLVerification=ca takes another host name."
            return Finding(FAIL, "TLS", f"the certificate of {where} is not accepted: {reason}", todo)
        todo = "Set SSL=0 if the server speaks without TLS, or correct Port."
        return Finding(FAIL, "TLS", f"{where} does not speak TLS as it should: {reason}", todo)


def _login(text: str) -> Iterator[Finding]:
    started = time.monotonic()
    try:
        connection = Connection(text)
    except (DriverError, InstallError) as e:
        state, message = (e.sqlstate, e.message) if isinstance(e, DriverError) else ("HY000", str(e))
        yield Finding(FAIL, "login", f"{state} {message}", advice(state, message))
        return
    try:
        server = f"{connection.info(SQL_DBMS_NAME)} {connection.info(SQL_DBMS_VER)}"
        yield Finding(OK, "login", f"{server}, in {time.monotonic() - started:.2f} s")
        started = time.monotonic()
        connection.execute("SELECT 1")
        rows = list(connection.rows(len(connection.columns())))
        if rows != [["1"]]:
            yield Finding(
                FAIL, "query", f"SELECT 1 answers {rows}", "Check that Backend is the engine that runs there."
            )
        else:
            yield Finding(OK, "query", f"SELECT 1 answers 1, in {time.monotonic() - started:.2f} s")
    except DriverError as e:
        yield Finding(FAIL, "query", f"{e.sqlstate} {e.message}", advice(e.sqlstate, e.message))
    finally:
        connection.close()
