"""Pages of Trino's statement protocol are cut as Python's json module reads them, whatever their rows hold."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from argus_odbc.backends.base import ExecuteOptions
from argus_odbc.backends.trino import Trino
from argus_odbc.backends.trino.protocol import read_page
from argus_odbc.settings import Settings
from argus_odbc.web.http import Answer
from fakes.trino_pages import BIGINT, QUERY, FakeTrino

HOSTILE = [
    ',"data":[', '],"stats":{', '],"stats":{"state":"FINISHED"}}', '"', "\\", "\\\\\"", "]]", "{", "\u2028", "data", "stats",
]  # fmt: skip


def written(page: dict[str, Any]) -> bytes:
    """As the server writes it: no blanks, text raw."""
    return json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode()


def value(random_: random.Random, depth: int = 0) -> Any:
    """Something that a row can hold: hostile texts, nested rows, maps with the names of the page's own members."""
    kind = random_.randrange(3 if depth > 2 else 5)
    if kind == 3:
        return [value(random_, depth + 1) for _ in range(random_.randrange(4))]
    if kind == 4:
        names = random_.sample(["data", "stats", "nextUri", "id", *HOSTILE], random_.randrange(4))
        return {name: value(random_, depth + 1) for name in names}
    return random_.choice([*HOSTILE, None, 7, -1.5, True])


def check(page: dict[str, Any]) -> None:
    body = written(page)
    found = read_page(Answer(200, {}, body), "here")
    assert (found.query_id, found.next_uri) == (page["id"], page.get("nextUri", ""))
    assert found.columns == page.get("columns")
    assert found.error == page.get("error")
    rows = body[found.data_start : found.data_end]
    if "data" in page:
        assert json.loads(rows) == page["data"]
    else:
        assert not found.has_data


@pytest.mark.parametrize("seed", range(300))
def test_hostile_rows(seed: int) -> None:
    r = random.Random(seed)
    page: dict[str, Any] = {"id": QUERY, "infoUri": "http://h/x"}
    if r.random() < 0.8:
        page["nextUri"] = "http://h/v1/statement/executing/x"
    page["columns"] = [{**BIGINT, "name": r.choice([*HOSTILE, "data", "stats"])}]
    if r.random() < 0.9:
        page["data"] = [[value(r)] for _ in range(r.randrange(1, 6))]
    if r.random() < 0.9:
        page["stats"] = {"state": r.choice(HOSTILE), "rootStage": {"subStages": [{"stats": {}}]}}
    if r.random() < 0.3:
        page["error"] = {"message": r.choice(HOSTILE)}
    page["warnings"] = []
    check(page)


def test_members_in_another_order() -> None:
    check({"data": [['],"stats":{']], "columns": [BIGINT], "id": QUERY})
    check({"stats": {"a": [1], "stats": {"x": 1}}, "columns": [BIGINT], "id": QUERY, "data": [[1]], "z": [[2]]})
    check({"id": QUERY, "a": {"b": 1, "data": [1]}, "columns": [], "stats": {}, "warnings": []})


def test_no_request_is_wasted() -> None:
    """Two to connect (who is there, does it let us in); then the statement, and each address that an answer names, once."""
    pages = [{}, {"columns": [BIGINT]}, {"columns": [BIGINT], "data": [[1]]}, {"columns": [BIGINT]}]
    with FakeTrino(pages) as fake:
        session = Trino.connect(Settings(host="127.0.0.1", port=fake.port, uid="ann"))
        assert [seen.path for seen in fake.seen] == ["/v1/info", "/v1/query/argus"]
        assert session.query("SELECT 1") == [(1,)]
        named = [f"/v1/statement/executing/{QUERY}/s/{i}" for i in range(len(pages))]
        assert [seen.path for seen in fake.seen[2:]] == ["/v1/statement", *named]
        session.disconnect()
        assert len(fake.seen) == 2 + 1 + len(pages)


@pytest.mark.parametrize("kind", ["INSERT", "UPDATE", "DELETE", "MERGE", "CREATE TABLE", "REFRESH MATERIALIZED VIEW"])
def test_changes_have_a_count_and_no_result(kind: str) -> None:
    """The server sends the count as a row too: `rows bigint`."""
    rows = {**BIGINT, "name": "rows"}
    pages = [
        {"columns": [rows], "updateType": kind}, {"columns": [rows], "data": [[3]], "updateType": kind},
        {"columns": [rows], "updateType": kind, "updateCount": 3},
    ]  # fmt: skip
    with FakeTrino(pages) as fake:
        session = Trino.connect(Settings(host="127.0.0.1", port=fake.port, uid="ann"))
        operation = session.execute("anything", (), ExecuteOptions(), lambda cancel: None)
        assert (operation.row_count, operation.columns, operation.fetch_results()) == (3, (), None)
        assert operation.next_result() is None
        operation.close()
        assert fake.requests("DELETE") == []
        session.disconnect()
