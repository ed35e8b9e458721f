"""Descriptors of a statement through ctypes: what the tests of descriptors, columns and parameters share."""

from __future__ import annotations

import csv
import ctypes
from pathlib import Path

from plain import C_SBIGINT, DESC, SQL_NTS, SQL_SUCCESS, Session, pointer

SPEC = Path(__file__).resolve().parent / "spec"

# Statement attributes that give the four descriptors.
HANDLES = {"ARD": 10010, "APD": 10011, "IRD": 10012, "IPD": 10013}

CONCISE_TYPE, COUNT, TYPE, LENGTH, OCTET_LENGTH_PTR, PRECISION, SCALE, CODE = (
    2,
    1001,
    1002,
    1003,
    1004,
    1005,
    1006,
    1007,
)
NULLABLE, INDICATOR_PTR, DATA_PTR, NAME, UNNAMED, OCTET_LENGTH = 1008, 1009, 1010, 1011, 1012, 1013
ALLOC_TYPE, ARRAY_SIZE, LEADING_PRECISION, NUM_PREC_RADIX, PARAMETER_TYPE = 1099, 20, 26, 32, 33


def table(name: str) -> list[dict[str, str]]:
    """Rows of one of the specification's tables."""
    with open(SPEC / f"{name}.tsv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


class Descriptor:
    """One descriptor handle."""

    def __init__(self, session: Session, handle: int) -> None:
        self.driver = session.driver
        self.handle = handle

    @classmethod
    def of(cls, session: Session, kind: str) -> Descriptor:
        out = ctypes.c_void_p()
        assert (
            session.driver.SQLGetStmtAttr(pointer(session.stmt), HANDLES[kind], ctypes.byref(out), 0, pointer(None))
            == 0
        )
        assert out.value
        return cls(session, out.value)

    def state(self) -> str:
        return self.driver.state(DESC, self.handle)

    def set(self, record: int, field: int, value: int, length: int = 0) -> int:
        return self.driver.SQLSetDescField(pointer(self.handle), record, field, pointer(value), length)

    def get(self, record: int, field: int, size: int = 8) -> tuple[int, bytes, int]:
        """Return code, buffer (filled with 0xA5 before), and length."""
        out, total = ctypes.create_string_buffer(b"\xa5" * 300, 300), ctypes.c_int32(-77)
        rc = self.driver.SQLGetDescField(pointer(self.handle), record, field, out, 300, ctypes.byref(total))
        return rc, out.raw, total.value

    def number(self, record: int, field: int) -> int:
        """A numeric field, read with the width that the driver reports."""
        rc, raw, width = self.get(record, field)
        assert rc == SQL_SUCCESS, self.state()
        assert raw[width : width + 1] == b"\xa5"
        return int.from_bytes(raw[:width], "little", signed=True)

    def text(self, record: int, field: int) -> str:
        rc, raw, total = self.get(record, field)
        assert rc == SQL_SUCCESS, self.state()
        assert raw[total] == 0
        return raw[:total].decode()


def bind_big(session: Session, number: int, value: ctypes.c_int64) -> None:
    """Bind a bigint parameter."""
    rc = session.driver.SQLBindParameter(
        pointer(session.stmt), number, 1, C_SBIGINT, -5, 19, 0, ctypes.byref(value), 0, pointer(None)
    )
    assert rc == SQL_SUCCESS, session.state()


def prepare(session: Session, sql: bytes) -> None:
    assert session.driver.SQLPrepare(pointer(session.stmt), sql, SQL_NTS) == SQL_SUCCESS, session.state()
