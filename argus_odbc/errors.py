"""Errors that reach the application as diagnostic records."""

from __future__ import annotations

import re


class DriverError(Exception):
    """An error with its SQLSTATE (five characters), the engine's own code and a sentence that says what to do."""

    def __init__(self, sqlstate: str, native: int, message: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.native = native
        self.message = message
        self.column = -1
        """SQL_DIAG_COLUMN_NUMBER: the parameter that it is about; -1 (SQL_NO_COLUMN_NUMBER) for none."""
        self.engine = ""
        """SQL_DBMS_NAME of the engine that was being connected to, for the message's prefix."""


CAUSES: tuple[tuple[str, str, str], ...] = (
    # (SQLSTATE, pattern in the text, what to do), the specific ones first; used where a person asks what is wrong.
    (
        "08001",
        r"certificate",
        "Name the server's authority with SSLCAFile; SSLVerification=ca takes another host name.",
    ),
    ("08001", r"without TLS|No TLS", "Set SSL=0, or ask which port of the server speaks TLS."),
    ("08001", r"TLS", "Set SSL=1 if the server wants TLS, SSL=0 if it does not."),
    ("08001", r"resolved", "Correct the spelling of Host, or use the server's address."),
    ("08001", r"keyword Backend", "Add Backend= to the connection string."),
    ("08001", r"refused", "Start the server, or correct Host and Port."),
    ("08001", r"AuthMech", "Set AuthMech to what the server asks for; NOSASL, USER and PLAIN are the usual ones."),
    ("08001", r"", "Check that Host and Port name the engine, and that Backend is the engine that runs there."),
    ("08S01", r"", "Look into the server's log: it closed the connection."),
    ("28000", r"", "Correct UID and PWD, or set AuthMech to what the server takes."),
    ("HYT00", r"", "Raise LoginTimeout, and ask whether a firewall lies between this machine and the server."),
    ("IM002", r"", "Correct the name, or add a section of that name to ~/.odbc.ini."),
    ("HY000", r"There is no backend", "Correct Backend, or install the package that brings it."),
    (
        "HY000",
        r"cannot be imported|is not installed",
        "Install what is missing with pip, where argus-odbc is installed.",
    ),
    ("HY000", r"The keyword|The value of", "Correct that keyword of the connection string or data source."),
    ("HY000", r"log file", "Set LogFile to a file that can be written, or LogLevel=OFF."),
    ("3F000", r"", "Correct Schema or Database: the login was accepted, but there is no such schema."),
    ("3D000", r"", "Correct Catalog or Database: the login was accepted, but there is no such catalog."),
    ("42000", r"(?i)permission|privilege|denied", "Ask the server's administrator for the right."),
    ("HYC00", r"", "This driver or engine does not have it: choose what the message offers."),
)


def advice(sqlstate: str, message: str) -> str:
    """What a person can do about an error; a sentence."""
    for state, pattern, text in CAUSES:
        if state == sqlstate and re.search(pattern, message):
            return text
    return "Read the message; LogLevel=DEBUG shows what was done before it."
