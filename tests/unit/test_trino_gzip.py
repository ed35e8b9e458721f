"""Large pages that come as gzip: unpacked beside the next request, handed out in order, errors in their place."""

from __future__ import annotations

import gzip
import json
import random
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from argus_odbc.backends.base import ExecuteOptions
from argus_odbc.backends.trino import Trino
from argus_odbc.backends.trino.protocol import next_uri_of
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from argus_odbc.web import http
from fakes.trino_pages import BIGINT, QUERY, FakeTrino, Reply, Seen

NUMBERS = random.Random(6)
PAGES = [[[NUMBERS.getrandbits(50)] for _ in range(20_000)] for _ in range(4)]
"""Some 130 KB each, packed."""


class Zipping:
    """Answers of a fake coordinator, packed."""

    def __init__(self, fake: FakeTrino) -> None:
        self.fake = fake
        self.damaged = -1
        fake.pages = [{"columns": [BIGINT]}, *({"columns": [BIGINT], "data": rows} for rows in PAGES), {}]
        fake.check = self.reply

    def page(self, number: int) -> Mapping[str, Any]:
        # Members in Trino's order: the address before the rows.
        page: dict[str, Any] = {"id": QUERY}
        if number + 1 < len(self.fake.pages):
            page["nextUri"] = f"{self.fake.url}/v1/statement/executing/{QUERY}/s/{number + 1}"
        return {**page, **self.fake.pages[number], "stats": {"state": "RUNNING"}}

    def reply(self, seen: Seen) -> Reply | None:
        if "/executing/" not in seen.path or seen.method != "GET":
            return None
        number = int(seen.path.rsplit("/", 1)[1])
        assert seen.headers["Accept-Encoding"] == "gzip"
        body = gzip.compress(json.dumps(self.page(number), separators=(",", ":")).encode(), 1)
        if number == self.damaged:
            body = body[:60_000] + b"\xff" * 64 + body[60_064:]
        return Reply(body, headers={"Content-Encoding": "gzip"})


@pytest.fixture
def zipping() -> Iterator[Zipping]:
    with FakeTrino() as fake:
        yield Zipping(fake)


@pytest.fixture
def session(zipping: Zipping) -> Iterator[Trino]:
    settings = Settings(host="127.0.0.1", port=zipping.fake.port, uid="ann", login_timeout=5, compression="gzip")
    session = Trino.connect(settings)
    yield session
    session.disconnect()


def handed_out(session: Trino) -> Iterator[list[list[int]]]:
    """The rows of one part after the other, by Python's json module."""
    operation = session.execute("select n", (), ExecuteOptions(), lambda cancel: None)
    try:
        while (part := operation.fetch_results()) is not None:
            yield json.loads(bytes(part.payload[part.start : part.end]))
    finally:
        operation.close()


def asked(fake: FakeTrino) -> list[int]:
    return [int(seen.path.rsplit("/", 1)[1]) for seen in fake.requests("GET", "/v1/statement")]


def test_pages_stay_in_order(zipping: Zipping, session: Trino) -> None:
    assert list(handed_out(session)) == PAGES
    assert asked(zipping.fake) == [0, 1, 2, 3, 4, 5], "each once"


def test_the_next_page_is_asked_for_before_one_is_unpacked(
    zipping: Zipping, session: Trino, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, late = http.unzipped, threading.Event()

    def slow(body: bytes | memoryview) -> bytes:
        text = original(body)
        if len(body) > http.LARGE_GZIP and text[: 1 << 12].find(b"/s/2") > 0:
            # Page 1 is unpacked when page 3 has been asked for: page 2 has come meanwhile.
            for _ in range(500):
                if 3 in asked(zipping.fake):
                    late.set()
                    break
                late.wait(0.01)
        return text

    monkeypatch.setattr(http, "unzipped", slow)
    assert list(handed_out(session)) == PAGES
    assert late.is_set()


def test_a_damaged_page_is_an_error_in_its_place(zipping: Zipping, session: Trino) -> None:
    zipping.damaged = 3
    rows = handed_out(session)
    assert [next(rows), next(rows)] == PAGES[:2]
    with pytest.raises(DriverError, match=r"says gzip and is damaged") as caught:
        next(rows)
    assert caught.value.sqlstate == "08S01"


def test_a_refusal_is_an_error_in_its_place(zipping: Zipping, session: Trino) -> None:
    zipping.fake.faults[f"GET /v1/statement/executing/{QUERY}/s/3"] = [Reply(b"Query not found", 404)]
    rows = handed_out(session)
    assert [next(rows), next(rows)] == PAGES[:2]
    with pytest.raises(DriverError, match=r"does not know the query any more \(HTTP 404\): Query not found") as caught:
        next(rows)
    assert (caught.value.sqlstate, caught.value.native) == ("08S01", 404)


def test_a_result_that_is_closed_early(zipping: Zipping, session: Trino) -> None:
    for _ in range(2):
        rows = handed_out(session)
        assert next(rows) == PAGES[0]
        rows.close()
    assert len(zipping.fake.requests("DELETE")) == 2
    assert list(handed_out(session)) == PAGES


@pytest.mark.parametrize(
    ("beginning", "uri"),
    [
        (b'{"id":"q","nextUri":"http://h/v1/2","columns":[],"data":[[1],', "http://h/v1/2"),
        (b'{"id":"q","nextUri":"http:\\/\\/h\\/2","data":[', ""),
        (b'{"id":"q","columns":[{"name":"\\"nextUri\\":\\"x\\""}],"data":[[1],', ""),
        (b'{"id":"q","nextUri":"http://h/v1/2","columns":[{"na', "http://h/v1/2"),
        (b'{"id":"q","data":[["x"]],"nextUri":"http://h/v1/2"', ""),
        (b"", ""),
    ],
)
def test_the_address_before_the_rows(beginning: bytes, uri: str) -> None:
    assert next_uri_of(beginning) == uri
