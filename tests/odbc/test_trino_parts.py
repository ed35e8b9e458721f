"""Results of Trino that are decoded in pieces by two threads: order, an unreadable value behind good rows, an early close."""

from __future__ import annotations

import ctypes
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fakes.trino_pages import BIGINT, VARCHAR, FakeTrino
from plain import SQL_ERROR, SQL_NO_DATA, SQL_SUCCESS, Driver, Session, pointer
from registration import connection_string

PAGE_ROWS = 50_000
"""Some 1.2 MB of JSON: some five pieces."""
BLOCK, ROOM, CHAR = 10_000, 32, 1
ZONED = {
    "name": "z",
    "type": "timestamp(0) with time zone",
    "typeSignature": {"rawType": "timestamp with time zone", "arguments": [{"kind": "LONG", "value": 0}]},
}


def opened(fake: FakeTrino, driver_path: Path, **more: str) -> Session:
    where = {"Backend": "trino", "Host": "127.0.0.1", "Port": fake.port, "UID": "ann", **more}
    return Session(Driver(driver_path), connection_string(**where))


def blocks(session: Session, columns: int) -> Iterator[list[list[str]]]:
    """The columns of one block after the other as texts, to the end or to the error."""
    driver, stmt = session.driver, pointer(session.stmt)
    data = [ctypes.create_string_buffer(ROOM * BLOCK) for _ in range(columns)]
    lengths = (ctypes.c_int64 * BLOCK)()
    fetched = ctypes.c_uint64()
    assert driver.SQLSetStmtAttr(stmt, 27, pointer(BLOCK), 0) == SQL_SUCCESS
    assert driver.SQLSetStmtAttr(stmt, 26, ctypes.byref(fetched), 0) == SQL_SUCCESS
    for i, buffer in enumerate(data):
        assert driver.SQLBindCol(stmt, i + 1, CHAR, buffer, ROOM, lengths) == SQL_SUCCESS
    while (rc := driver.SQLFetch(stmt)) == SQL_SUCCESS:
        texts = [buffer.raw.decode() for buffer in data]
        yield [[t[at : at + ROOM].partition("\0")[0] for at in range(0, fetched.value * ROOM, ROOM)] for t in texts]
    if rc == SQL_ERROR:
        state, text, none = ctypes.create_string_buffer(6), ctypes.create_string_buffer(900), pointer(None)
        driver.SQLGetDiagRec(3, stmt, 1, state, none, text, 900, none)
        raise Failed(f"{state.value.decode()} {text.value.decode()}")
    assert rc == SQL_NO_DATA


class Failed(Exception):
    """The first diagnostic record of an SQLFetch."""


def text_of(n: int) -> str:
    """A text with what could be taken for the end of a row."""
    return f'"],[{n},"x' if n % 7 == 0 else f"row {n}"


def page_of(number: int) -> list[list[object]]:
    return [[n, text_of(n)] for n in range(number * PAGE_ROWS, (number + 1) * PAGE_ROWS)]


@pytest.fixture
def pages() -> list[dict[str, object]]:
    columns = [BIGINT, VARCHAR]
    middle = [{"columns": columns, "data": page_of(i)} for i in range(5)]
    # Empty pages come from real servers too.
    return [{"columns": columns}, *middle[:3], {"columns": columns, "data": []}, *middle[3:], {"columns": columns}]


def test_rows_stay_in_order(pages: list[dict[str, object]], driver_path: Path) -> None:
    with FakeTrino(pages) as fake:
        session = opened(fake, driver_path)
        session.ok(b"select n, v")
        expected = 0
        for numbers, texts in blocks(session, 2):
            assert numbers == [str(n) for n in range(expected, expected + len(numbers))]
            assert texts == [text_of(n) for n in range(expected, expected + len(texts))]
            expected += len(numbers)
        session.close()
    assert expected == 5 * PAGE_ROWS


def test_an_unreadable_value_comes_behind_the_rows_before_it(pages: list[dict[str, object]], driver_path: Path) -> None:
    bad_page, bad_row = 2, 45_000
    pages[1 + bad_page]["data"][bad_row][0] = "no number"  # type: ignore[index]
    with FakeTrino(pages) as fake:
        session = opened(fake, driver_path)
        session.ok(b"select n, v")
        found: list[str] = []
        failed = ""
        try:
            for numbers, _ in blocks(session, 2):
                found += numbers
        except Failed as e:
            failed = str(e)
        session.close()
    assert failed.startswith("08S01 ")
    assert f"column 1, row {bad_row + 1} of this part of the result: the server sent 'no number'" in failed
    assert found == [str(n) for n in range(len(found))]
    # All pages before, and those pieces of the page that are whole, but for what is not a whole block.
    assert bad_page * PAGE_ROWS + 10_000 <= len(found) <= bad_page * PAGE_ROWS + bad_row


def test_zones_that_come_one_after_the_other(driver_path: Path) -> None:
    """Each is looked up when a row names it first, by whichever thread decodes that row."""
    names = ["Europe/Berlin", "Asia/Kolkata", "America/New_York", "Pacific/Auckland", "Africa/Cairo", "+05:30"]
    data = [[[f"2024-01-02 03:04:05 {name}"]] * 30_000 for name in names]
    pages = [{"columns": [ZONED]}, *({"columns": [ZONED], "data": rows} for rows in data), {"columns": [ZONED]}]
    with FakeTrino(pages) as fake:
        session = opened(fake, driver_path, TimeZone="UTC")
        session.ok(b"select z")
        found = [text[:19] for [texts] in blocks(session, 1) for text in texts]
        session.close()
    local = dt.datetime(2024, 1, 2, 3, 4, 5)
    zones = [dt.timezone(dt.timedelta(hours=5, minutes=30)) if n[0] == "+" else ZoneInfo(n) for n in names]
    expected = [local.replace(tzinfo=zone).astimezone(dt.timezone.utc).strftime("%Y-%m-%d %H:%M:%S") for zone in zones]
    assert found == [text for text in expected for _ in range(30_000)]


def test_an_unknown_zone_ends_the_result(driver_path: Path) -> None:
    good, bad = [["2024-01-02 03:04:05 UTC"]] * BLOCK, [["2024-01-02 03:04:05 Nowhere/Land"]]
    pages = [{"columns": [ZONED]}, {"columns": [ZONED], "data": good}, {"columns": [ZONED], "data": bad}, {}]
    with FakeTrino(pages) as fake:
        session = opened(fake, driver_path)
        session.ok(b"select z")
        rows = blocks(session, 1)
        assert len(next(rows)[0]) == BLOCK
        with pytest.raises(Failed, match=r'HY000 .*"Nowhere/Land" is not known'):
            next(rows)
        session.close()


@pytest.mark.parametrize("taken", [1, 3, 13])
def test_a_result_that_is_closed_early(pages: list[dict[str, object]], driver_path: Path, taken: int) -> None:
    """Parts that wait, raw or decoded, are dropped; the connection goes on."""
    with FakeTrino(pages) as fake:
        session = opened(fake, driver_path)
        for _ in range(2):
            session.ok(b"select n, v")
            rows = blocks(session, 2)
            assert [next(rows)[0][0] for _ in range(taken)] == [str(i * BLOCK) for i in range(taken)]
            assert session.driver.SQLFreeStmt(pointer(session.stmt), 0) == SQL_SUCCESS
        session.close()
        assert len(fake.requests("POST", "/v1/statement")) == 2
