"""What a connection's settings become at a real Trino: the server's own view of its queries (GET /v1/query/ID)."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from argus_odbc.backends.trino import Trino
from argus_odbc.errors import DriverError
from argus_odbc.settings import Settings
from engines.process import Server
from fetched import execute

pytestmark = pytest.mark.engine


@pytest.fixture
def connected(trino_server: Server) -> Iterator[Callable[..., Trino]]:
    opened: list[Trino] = []

    def connect(own: dict[str, Any] | None = None, **keywords: Any) -> Trino:
        opened.append(Trino.connect(Settings(
            **{"host": trino_server.host, "port": trino_server.port, "uid": "ann", "own": own or {}, **keywords})))  # fmt: skip
        return opened[-1]

    yield connect
    for session in opened:
        session.disconnect()


@pytest.fixture
def view(trino_server: Server) -> Callable[..., dict[str, Any]]:
    """What the server knows of a statement that has run."""

    def look(session: Trino, sql: str = "SELECT 1") -> dict[str, Any]:
        operation = execute(session, sql)
        while operation.fetch_results() is not None:
            pass
        operation.close()
        request = urllib.request.Request(
            f"http://{trino_server.host}:{trino_server.port}/v1/query/{operation.query_id}",
            headers={"X-Trino-User": "ann"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)["session"]

    return look


def test_names_and_tags(connected: Callable[..., Trino], view: Callable[..., dict[str, Any]]) -> None:
    session = connected(own={
        "source": "nightly", "clienttags": "etl, big", "clientinfo": "Größe; 1", "tracetoken": "t-17",
    })  # fmt: skip
    seen = view(session)
    assert (seen["user"], seen["source"], seen["clientInfo"], seen["traceToken"]) == (
        "ann",
        "nightly",
        "Größe; 1",
        "t-17",
    )
    assert sorted(seen["clientTags"]) == ["big", "etl"]
    assert session.query("SELECT source FROM system.runtime.queries WHERE state = 'RUNNING' AND user = 'ann'"
                         " AND source = 'nightly'") == [("nightly",)]  # fmt: skip
    assert view(connected())["source"] == "argus-odbc"


def test_places_and_times(connected: Callable[..., Trino], view: Callable[..., dict[str, Any]]) -> None:
    session = connected(
        catalog="tpch", schema="tiny", time_zone="Asia/Tokyo", own={"locale": "fr-FR", "path": "tpch.sf1"}
    )
    seen = view(session)
    assert (seen["catalog"], seen["schema"], seen["timeZone"]) == ("tpch", "tiny", "Asia/Tokyo")
    assert (seen["locale"].replace("_", "-"), seen["path"]["rawPath"]) == ("fr-FR", "tpch.sf1")
    assert session.query("SELECT current_timezone(), date_format(date '2024-02-01', '%M'), current_path") == [
        ("Asia/Tokyo", "février", "tpch.sf1")
    ]


def test_properties_and_estimates(connected: Callable[..., Trino], view: Callable[..., dict[str, Any]]) -> None:
    session = connected(
        session_properties={"query_max_run_time": "11m", "join_distribution_type": "BROADCAST"},
        own={"resourceestimates": {"EXECUTION_TIME": "1h", "CPU_TIME": "10h", "PEAK_MEMORY": "1GB"}},
    )
    seen = view(session)
    assert seen["systemProperties"] == {"query_max_run_time": "11m", "join_distribution_type": "BROADCAST"}
    estimates = seen["resourceEstimates"]
    assert (estimates["executionTime"], estimates["cpuTime"]) == (3600, 36000)
    assert int(str(estimates["peakMemoryBytes"]).rstrip("B")) == 1 << 30
    with pytest.raises(DriverError) as caught:
        connected(session_properties={"no_such": "1"}).query("SELECT 1")
    assert (caught.value.sqlstate, "no_such" in caught.value.message) == ("42000", True)


def test_roles(connected: Callable[..., Trino], view: Callable[..., dict[str, Any]]) -> None:
    seen = view(connected(own={"roles": "ALL;memory=NONE"}))
    assert seen["catalogRoles"]["memory"]["type"] == "NONE"
