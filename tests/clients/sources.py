"""Sources for the client programs: an engine, the connection string to it, and the query of rows.py in its SQL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clients.rows import QUERIES, one_line
from engine_facts import FACTS
from registration import connection_string


@dataclass(frozen=True)
class Source:
    """An engine as client programs reach it."""

    engine: str
    keywords: dict[str, object]

    @property
    def connection_string(self) -> str:
        """With `Driver=Argus;`, for programs that take connection strings."""
        return connection_string(**self.keywords)

    @property
    def query(self) -> str:
        """The 100,000 rows, on one line."""
        return one_line(QUERIES[self.engine])

    @property
    def text_type(self) -> str:
        """The engine's name of an unbounded text."""
        return FACTS[self.engine].text

    @property
    def quote(self) -> str:
        """The engine's quote of names."""
        return "`" if self.engine == "spark" else '"'

    def binary(self, digits: str) -> str:
        """A binary literal of hexadecimal digits."""
        return f"unhex('{digits}')" if self.engine == "duckdb" else f"X'{digits}'"

    def data_source(self, folder: Path, driver: Path) -> dict[str, str]:
        """Environment in which `DSN=Clients` is this source, for both managers. Writes the files into `folder`."""
        values = {"Driver": driver, **self.keywords}
        (folder / "odbc.ini").write_text(
            "[ODBC Data Sources]\nClients=Argus\n\n[Clients]\n" + "".join(f"{k}={v}\n" for k, v in values.items())
        )
        (folder / "odbcinst.ini").write_text(f"[ODBC Drivers]\nArgus=Installed\n\n[Argus]\nDriver={driver}\n")
        return {"ODBCSYSINI": str(folder), "ODBCINSTINI": "odbcinst.ini", "ODBCINI": str(folder / "odbc.ini")}
