"""Trino's transactions: their id is a header, which START TRANSACTION's answer brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argus_odbc import log
from argus_odbc.backends.base import ExecuteOptions
from argus_odbc.backends.trino.operation import TrinoOperation
from argus_odbc.errors import DriverError

if TYPE_CHECKING:
    from argus_odbc.backends.trino.session import Trino

LEVELS = {1: "READ UNCOMMITTED", 2: "READ COMMITTED", 4: "REPEATABLE READ", 8: "SERIALIZABLE"}
"""SQL_TXN_* to Trino's words."""

GONE = (20, 22, 26)
"""UNKNOWN_TRANSACTION, TRANSACTION_ALREADY_ABORTED, UNSUPPORTED_ISOLATION_LEVEL: nothing is left to be undone."""


class Transaction:
    """The transaction of one session."""

    def __init__(self, session: Trino) -> None:
        self._session = session
        self.isolation = 0

    def _run(self, sql: str) -> None:
        operation = TrinoOperation(self._session, ExecuteOptions())
        operation.run(sql)
        operation.close()

    def begin(self) -> None:
        words = []
        if self.isolation:
            words.append(f"ISOLATION LEVEL {LEVELS[self.isolation]}")
        if self._session.settings.read_only:
            words.append("READ ONLY")
        self._run(" ".join(["START TRANSACTION", ", ".join(words)]).strip())

    def end(self, word: str) -> None:
        """COMMIT or ROLLBACK. Whatever happens, the transaction is not there any more."""
        if not self._session.state.transaction:
            # The application ended it by a statement of its own.
            return
        try:
            self._run(word)
        except DriverError as e:
            # The server has dropped it without saying so.
            log.logger.warning("%s failed; the transaction is given up: %s", word, e.message)
            # It checks the roles of catalogs inside of the transaction first, which fails in one that is aborted.
            if word != "ROLLBACK" or e.native not in GONE or e.sqlstate == "08S01":
                raise
        finally:
            self._session.state.transaction = ""
