"""Errors that reach the application as diagnostic records."""

from __future__ import annotations


class DriverError(Exception):
    """An error with its SQLSTATE (five characters), the engine's own code and a sentence that says what to do."""

    def __init__(self, sqlstate: str, native: int, message: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.native = native
        self.message = message
