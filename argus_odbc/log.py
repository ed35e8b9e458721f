"""The driver's log: `logger`, switched on by LogLevel/LogFile or ARGUS_LOG_LEVEL/ARGUS_LOG_FILE.

Every line is written through at once: a host that embeds Python may end without running Python's own exit code.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

from argus_odbc.errors import DriverError
from argus_odbc.settings import KEYWORDS, Keyword, Settings, attribute_names

TRACE = 5
LEVELS = {
    "OFF": logging.CRITICAL + 10,
    "ERROR": logging.ERROR,
    "WARNING": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
    "TRACE": TRACE,
}

logger = logging.getLogger("argus_odbc")
logger.addHandler(logging.NullHandler())
logger.setLevel(LEVELS["OFF"])
logging.addLevelName(TRACE, "TRACE")

SHORTEST_KNOWN = 4
"""A connection's own secrets are taken out wherever they stand, from this length on: shorter ones are in every word."""

_names = "|".join(
    sorted(
        (re.escape(name) for name, attribute in attribute_names().items() if KEYWORDS[attribute].secret),
        key=len,
        reverse=True,
    )
)
_quoted = r"'(?:[^'\\]|\\.)*'?|\"(?:[^\"\\]|\\.)*\"?"
# An unguarded value goes on to its semicolon, spaces and quotes included.
_pair = re.compile(rf"(\b(?:{_names})\s*=\s*)(?:\{{(?:[^}}]|\}}\}})*\}}?|{_quoted}|[^;\r\n]*)", re.IGNORECASE)
_item = re.compile(rf"((['\"])(?:{_names})\2\s*:\s*)(?:{_quoted}|[^,}}\r\n]*)", re.IGNORECASE)
_header = re.compile(r"\b((?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?)(?:(\w+)\s+)?[^\s'\"]+", re.IGNORECASE)
_token = re.compile(r"\b((?:bearer|basic|negotiate)\s+)[A-Za-z0-9+/=_.~-]{12,}", re.IGNORECASE)

_lock = threading.Lock()
_handler: logging.Handler | None = None
_target = ""
_known: set[str] = set()


def redact(text: str) -> str:
    """`text` with passwords, tokens and Authorization values replaced by ***."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, "***")
    text = _pair.sub(r"\1***", text)
    text = _item.sub(r"\1***", text)
    text = _header.sub(lambda m: m[1] + (m[2] + " " if m[2] else "") + "***", text)
    return _token.sub(r"\1***", text)


def configure(settings: Settings, own_keywords: Iterable[Keyword] = ()) -> None:
    """Set level and file by a connection's settings, else by the environment; the log is one for the process.

    `own_keywords` are those that the backend declares. DriverError HY000 when the file cannot be written.
    """
    level = settings.log_level or _environment_level()
    if not level:
        return
    target = settings.log_file or os.environ.get("ARGUS_LOG_FILE", "")
    secrets = [getattr(settings, attribute) for attribute, keyword in KEYWORDS.items() if keyword.secret]
    secrets += [str(settings.own.get(k.name.lower(), "")) for k in own_keywords if k.secret]
    with _lock:
        _known.update(s for s in secrets if len(s) >= SHORTEST_KNOWN)
        if level != "OFF":
            _open(target)
        logger.setLevel(LEVELS[level])


def _environment_level() -> str:
    text = os.environ.get("ARGUS_LOG_LEVEL", "")
    try:
        return KEYWORDS["log_level"].read(text)
    except DriverError as e:
        raise DriverError("HY000", 0, f"ARGUS_LOG_LEVEL: {e.message}") from None


def _open(target: str) -> None:
    """Make `target` (a file, a folder, or "" for standard error) the one place that is written to."""
    global _handler, _target
    if _handler is not None and target == _target:
        return
    handler: logging.Handler
    if target:
        path = Path(target).expanduser()
        try:
            if target.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                path = path / f"argus-odbc-{os.getpid()}.log"
            handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
        except OSError as e:
            raise DriverError(
                "HY000",
                0,
                f'The log file "{path}" cannot be written ({e.strerror}): set LogFile to another, or LogLevel=OFF',
            ) from e
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s [%(process)d.%(thread)d] %(message)s"))
    if _handler is not None:
        logger.removeHandler(_handler)
        _handler.close()
    logger.addHandler(handler)
    # The host's own logging set-up must not get the lines a second time.
    logger.propagate = False
    _handler, _target = handler, target


class _Redacting(logging.Formatter):
    """Redacts the finished line, so that no argument and no traceback escapes it."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
