"""The log: where it goes, what switches it on, and that no secret is ever in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from argus_odbc import connstr, log
from argus_odbc.errors import DriverError
from argus_odbc.settings import KEYWORDS, Keyword

SECRET = "s3cr3t word}; 'it' \"is\""


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch):
    """Each test starts without a log and leaves none."""
    monkeypatch.delenv("ARGUS_LOG_LEVEL", raising=False)
    monkeypatch.delenv("ARGUS_LOG_FILE", raising=False)
    yield
    if log._handler is not None:
        log.logger.removeHandler(log._handler)
        log._handler.close()
    log._handler, log._target = None, ""
    log._known.clear()
    log.logger.setLevel(log.LEVELS["OFF"])


def started(text: str, own: tuple[Keyword, ...] = ()) -> None:
    settings, _, _ = connstr.resolve(text, own_keywords=lambda _: own)
    log.configure(settings, own)


# ---- secrets ----

SPELLINGS = sorted(
    spelling for keyword in KEYWORDS.values() if keyword.secret for spelling in (keyword.name, *keyword.aliases)
)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "text",
    [
        "Host=h;{key}=hush;UID=ann",
        "Host=h;{KEY}={{hush}};UID=ann",
        "Host=h;{key} = {{a}}}};hush}};UID=ann",
        "Host=h;{key}=with spaces 'quotes' and \"more\" hush;UID=ann",
        "Host=h;{key}={{never closed hush",
        "{key}='it\\'s hush';UID=ann",
        "{{'Host': 'h', '{key}': 'hush', 'UID': 'ann'}}",
        '{{"{KEY}": "it\\"s hush", "UID": "ann"}}',
    ],
)
def test_a_secret_keyword_shows_no_value(spelling: str, text: str) -> None:
    line = text.format(key=spelling, KEY=spelling.upper())
    got = log.redact(line)
    assert "hush" not in got
    assert "***" in got
    assert spelling.lower() in got.lower()
    if "UID" in line:
        assert got.split("UID")[1] == line.split("UID")[1], "what follows the secret is kept"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Basic YW5uOmh1c2g=",
        "'Authorization': 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.hush'",
        "authorization=Negotiate YIIhush+/==",
        "Proxy-Authorization: hush",
        "sent Bearer eyJhbGciOiJIUzI1NiJ9.hush to the server",
    ],
)
def test_headers_and_tokens_show_no_value(text: str) -> None:
    got = log.redact(text)
    assert "hush" not in got
    assert "YW5u" not in got
    assert "***" in got


@pytest.mark.parametrize(
    "text",
    ["select bypass from road", "Host=spark;Port=10000;UID=ann", "syntax error at token: FROM", "compass=north"],
)
def test_other_text_is_kept(text: str) -> None:
    assert log.redact(text) == text


def test_secrets_leave_message_arguments_and_traceback(tmp_path: Path) -> None:
    file = tmp_path / "argus.log"
    started(f"Backend=duckdb;PWD={connstr.quote_value(SECRET)};LogLevel=DEBUG;LogFile={file}")
    try:
        raise RuntimeError(f"the server said: bad login {SECRET}")
    except RuntimeError:
        log.logger.exception("failed with %s for %r", SECRET, {"pwd": SECRET})
    text = file.read_text()
    assert "Traceback" in text
    assert "bad login ***" in text
    assert "s3cr3t" not in text


def test_a_secret_of_a_backends_own_keyword_is_one_too(tmp_path: Path) -> None:
    file = tmp_path / "argus.log"
    own = (Keyword("ApiKey", "The key.", kind="secret"),)
    started(f"Backend=duckdb;ApiKey=hush-hush;LogLevel=INFO;LogFile={file}", own)
    log.logger.info("refused: hush-hush")
    assert file.read_text().endswith("refused: ***\n")


# ---- where and when ----


def test_off_by_default(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    started("Backend=duckdb")
    log.logger.error("nobody hears this")
    assert capfd.readouterr() == ("", "")


def test_level_and_file_of_the_string_win_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGUS_LOG_LEVEL", "ERROR")
    monkeypatch.setenv("ARGUS_LOG_FILE", str(tmp_path / "env.log"))
    started("Backend=duckdb")
    log.logger.info("too little")
    log.logger.error("from the environment")
    started(f"Backend=duckdb;LogLevel=info;LogFile={tmp_path / 'string.log'}")
    log.logger.info("from the string")
    assert "from the environment" in (tmp_path / "env.log").read_text()
    assert "too little" not in (tmp_path / "env.log").read_text()
    assert "from the string" in (tmp_path / "string.log").read_text()


def test_a_folder_gets_one_file_a_process(tmp_path: Path) -> None:
    started(f"Backend=duckdb;LogLevel=4;LogPath={tmp_path}/new/")
    log.logger.info("here")
    assert [p.name for p in (tmp_path / "new").iterdir()] == [f"argus-odbc-{os.getpid()}.log"]


@pytest.mark.parametrize(
    ("text", "named"),
    [("LogLevel=INFO;LogFile=/nowhere/at/all.log", "/nowhere/at/all.log"), ("LogLevel=LOUD", "LogLevel")],
)
def test_what_cannot_be_is_refused_with_its_name(text: str, named: str) -> None:
    with pytest.raises(DriverError, match=named) as caught:
        started(f"Backend=duckdb;{text}")
    assert caught.value.sqlstate == "HY000"


def test_a_bad_level_of_the_environment_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGUS_LOG_LEVEL", "LOUD")
    with pytest.raises(DriverError, match=r"ARGUS_LOG_LEVEL.*LOUD"):
        started("Backend=duckdb")


HOST = """
import ctypes, os, sys
driver = ctypes.CDLL(sys.argv[1])
env, dbc = ctypes.c_void_p(), ctypes.c_void_p()
driver.SQLAllocHandle(1, None, ctypes.byref(env))
driver.SQLSetEnvAttr(env, 200, ctypes.c_void_p(3), 0)
driver.SQLAllocHandle(2, env, ctypes.byref(dbc))
assert driver.SQLDriverConnect(dbc, None, sys.argv[2].encode(), -3, None, 0, None, 0) in (0, 1)
stmt = ctypes.c_void_p()
driver.SQLAllocHandle(3, dbc, ctypes.byref(stmt))
driver.SQLExecDirect(stmt, b"select 40 + 2", -3)
driver.SQLCloseCursor(stmt)
driver.SQLExecDirect(stmt, b"select no_such_thing", -3)
os._exit(0)
"""


def test_a_program_that_ends_hard_leaves_every_line(tmp_path: Path, driver_path: Path) -> None:
    """Through the driver file: no exit code of Python's runs, and the file is complete all the same."""
    file = tmp_path / "argus.log"
    text = f"Driver=Argus;Backend=duckdb;UID=ann;PWD={{a;hu}}}}sh}};LogLevel=DEBUG;LogFile={file}"
    subprocess.run([sys.executable, "-c", HOST, str(driver_path), text], check=True, timeout=60)
    lines = file.read_text()
    assert "connect backend=duckdb" in lines
    assert "PWD=***;LogLevel=DEBUG" in lines
    assert "hu}" not in lines
    assert "execute select 40 + 2" in lines
    assert "sqlstate=42S22" in lines
    assert lines.endswith("\n")
