"""docs/conformance.md against real servers: the stand-in that it was written with answers as they do."""

from __future__ import annotations

import runpy

import pytest

from engines.process import Server
from plain import Driver, Session
from registration import ROOT, driver_file


@pytest.mark.engine
@pytest.mark.parametrize(
    ("engine", "login"),
    [
        ("spark", "AuthMech=NOSASL"),
        ("hive", "AuthMech=PLAIN;UID=ann;PWD=x"),
        ("impala", "AuthMech=NOSASL"),
        ("trino", "UID=ann"),
    ],
)
def test_a_real_server_is_answered_for_alike(engine: str, login: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(f"{engine}_server")
    tool = runpy.run_path(str(ROOT / "tools" / "conformance.py"))
    session = Session(Driver(driver_file()), f"Backend={engine};Host={server.host};Port={server.port};{login}")
    try:
        real = {**tool["functions"](session), **tool["information"](session)}
    finally:
        session.close()
    with tool["connected"](engine) as session:
        assert real == {**tool["functions"](session), **tool["information"](session)}
