"""A Trino with connectors that know more than tpch and memory do, as a server of its own that can be killed and started again.

iceberg has materialized views, UPDATE and MERGE; hive has grants, roles and transactions that write; `broken` is a catalog
whose metastore does not answer. Tables lie in local files, the metastores too. Segments come through the coordinator.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .process import BUILD, free_port
from .spool import Store, object_store
from .trino import trino_server

PLUGINS = ("hive", "iceberg")

FILES = "fs.native-local.enabled=true\nlocal.location={etc}\nhive.metastore.catalog.dir=local:///"
CATALOGS = {
    "catalog/iceberg.properties": (
        f"connector.name=iceberg\niceberg.catalog.type=TESTING_FILE_METASTORE\n{FILES}iceberg-metastore\n"
    ),
    # The users admin, hive and hdfs may act in the role admin there.
    "catalog/hive.properties": (
        f"connector.name=hive\nhive.metastore=file\nhive.security=sql-standard\n{FILES}hive-metastore\n"
    ),
    "catalog/broken.properties": (
        "connector.name=hive\nhive.metastore.uri=thrift://127.0.0.1:1\nhive.metastore.thrift.client.max-retries=0\n"
    ),
}

RULES = {"catalogs": [{"user": "carol", "catalog": "iceberg", "allow": "none"}, {"allow": "all"}]}
"""carol may not use one of the catalogs."""


class Lake:
    """The server at one port, at times not running."""

    def __init__(self, store: Store) -> None:
        self.port = free_port()
        self._store = store
        self._running = ExitStack()

    def start(self) -> None:
        """With all catalogs; segments come from the coordinator."""
        control = {
            "access-control.properties": "access-control.name=file\nsecurity.config-file={etc}/rules.json\n",
            "rules.json": json.dumps(RULES),
        }
        config = self._store.config("COORDINATOR_PROXY")
        files = {**self._store.files(), **control, **CATALOGS}
        self._running.enter_context(trino_server(config, files, port=self.port, plugins=PLUGINS))

    def start_bare(self) -> None:
        """With tpch and memory alone; segments are encrypted, and the coordinator redirects to them."""
        config = self._store.config("COORDINATOR_STORAGE_REDIRECT")
        self._running.enter_context(trino_server(config, self._store.files(encryption=True), port=self.port))

    def kill(self) -> None:
        """End it without a word to anybody, and take its files away."""
        self._running.close()


@contextmanager
def lake_server() -> Iterator[Lake]:
    """A running one."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="store-", dir=BUILD) as name, object_store(Path(name)) as store:
        lake = Lake(store)
        try:
            lake.start()
            yield lake
        finally:
            lake.kill()
