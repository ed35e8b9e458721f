"""Writes the table of Trino's types in docs/types.md, from what the built driver reads off a real server.

ARGUS_TRINO (host:port) names one that runs already.   tools/trinotypes.py
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from engines.process import Server  # noqa: E402
from engines.trino import trino_server  # noqa: E402
from engines.trino_types import PAGE, replaced, table  # noqa: E402
from plain import Driver, Session  # noqa: E402
from registration import driver_file  # noqa: E402


def main() -> None:
    host, _, port = os.environ.get("ARGUS_TRINO", "").partition(":")
    running = contextlib.nullcontext(Server(host, int(port), Path())) if port else trino_server()
    with running as server:
        where = f"Backend=trino;Host={server.host};Port={server.port};UID=ann;TimeZone=Europe/Vienna"
        session = Session(Driver(driver_file()), f"Driver=Argus;{where};")
        PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), table(session)), encoding="utf-8")
        session.close()


if __name__ == "__main__":
    main()
