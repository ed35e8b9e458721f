"""The driver's log: off by default, written through, secrets never in clear.

One logger for the process. The first connection that asks for a log decides where it goes; later ones may only raise
its level. Each line is flushed when it is written: a host that exits does not run Python's own exit handlers.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any

TRACE = 5
LEVELS = {
    "OFF": logging.CRITICAL + 10,
    "ERROR": logging.ERROR,
    "WARNING": logging.WARNING,
    "INFO": logging.INFO,
    "DEBUG": logging.DEBUG,
    "TRACE": TRACE,
}
SECRET = re.compile(
    r"(?i)\b(pwd|password|accesstoken|auth_accesstoken|token|sslclientkeypassword)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;\s]*)"
)

logging.addLevelName(TRACE, "TRACE")
logger = logging.getLogger("argus_odbc")
logger.propagate = False
logger.setLevel(LEVELS["OFF"])
logger.addHandler(logging.NullHandler())

_lock = threading.Lock()
_handler: logging.Handler | None = None


def redact(text: str) -> str:
    """`text` with the values of secret keywords replaced."""
    return SECRET.sub(lambda match: f"{match[1]}=***", text)


class _Formatter(logging.Formatter):
    """Time, level, thread and message; secrets out of message and traceback alike."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def _open(target: str) -> logging.Handler:
    """A handler for a file, a folder (one file a process) or, for an empty target, standard error."""
    if not target:
        return logging.StreamHandler(sys.stderr)
    path = Path(target).expanduser()
    if path.is_dir() or target.endswith(("/", os.sep)):
        path.mkdir(parents=True, exist_ok=True)
        path = path / f"argus-{os.getpid()}.log"
    return logging.FileHandler(path, encoding="utf-8")


def configure(settings: Any) -> None:
    """Start the log as a connection's LogLevel and LogFile, else ARGUS_LOG_LEVEL and ARGUS_LOG_FILE, ask for."""
    global _handler
    name = (settings.log_level or os.environ.get("ARGUS_LOG_LEVEL", "") or "OFF").strip().upper()
    level = LEVELS.get(name, logging.INFO)
    if level == LEVELS["OFF"]:
        return
    with _lock:
        if _handler is None:
            try:
                _handler = _open(settings.log_file or os.environ.get("ARGUS_LOG_FILE", ""))
            except OSError as error:
                _handler = logging.StreamHandler(sys.stderr)
                logger.addHandler(_handler)
                logger.error("the log file cannot be written: %s; logging to standard error", error)
            _handler.setFormatter(_Formatter("%(asctime)s %(levelname)s [%(process)d:%(thread)d] %(message)s"))
            logger.addHandler(_handler)
        logger.setLevel(min(level, logger.level))
