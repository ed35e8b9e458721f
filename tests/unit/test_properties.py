"""The fields that unixODBC's dialogues offer for a data source: asked through its own installer library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from argus_odbc import connstr
from argus_odbc.settings import BUILT_IN, KEYWORDS
from registration import ROOT

# Walks the list of ODBCINSTConstructProperties (odbcinstext.h): names of up to 1000 characters, texts in an array.
LIST = """
import ctypes, ctypes.util, sys
class Property(ctypes.Structure): pass
Property._fields_ = [("next", ctypes.POINTER(Property)), ("name", ctypes.c_char * 1001), ("value", ctypes.c_char * 1001),
                     ("prompt", ctypes.c_int), ("offered", ctypes.POINTER(ctypes.c_char_p)), ("help", ctypes.c_char_p)]
library = ctypes.CDLL(ctypes.util.find_library("odbcinst"))
first = ctypes.POINTER(Property)()
assert library.ODBCINSTConstructProperties(b"Argus", ctypes.byref(first)) == 0
at = first
while at:
    p = at.contents
    offered, i = [], 0
    while p.offered and p.offered[i] is not None:
        offered.append(p.offered[i].decode()); i += 1
    print(p.name.decode(), p.prompt, "|".join(offered), (p.help or b"").decode(), sep="\\t")
    at = p.next
library.ODBCINSTDestructProperties(ctypes.byref(first))
"""
TEXTEDIT, LISTBOX, COMBOBOX, FILENAME, PASSWORD = 1, 2, 3, 4, 6


def properties(driver_path: Path, folder: Path) -> dict[str, list[str]]:
    (folder / "odbcinst.ini").write_text(f"[Argus]\nDriver={driver_path}\nSetup={driver_path}\n")
    env = os.environ | {"ODBCSYSINI": str(folder), "ODBCINSTINI": "odbcinst.ini"}
    done = subprocess.run(
        [sys.executable, "-c", LIST], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {name: rest for name, *rest in rows}


def test_the_dialogue_offers_every_keyword(driver_path: Path, tmp_path: Path) -> None:
    found = properties(driver_path, tmp_path)
    assert {k.name: k.help for k in KEYWORDS.values()}.items() <= {name: row[2] for name, row in found.items()}.items()
    assert found["Backend"][:2] == [str(COMBOBOX), "|".join(["", *BUILT_IN])]
    assert found["PWD"][0] == str(PASSWORD)
    assert found["SSL"][:2] == [str(LISTBOX), "|1|0"]
    assert found["LogFile"][0] == str(FILENAME)
    assert found["Host"][:2] == [str(TEXTEDIT), ""]


CONFIGURE = """
import ctypes, ctypes.util, sys
library = ctypes.CDLL(ctypes.util.find_library("odbcinst"))
request, attributes = int(sys.argv[1]), sys.argv[2].replace("|", "\\0").encode() + b"\\0\\0"
code, text = ctypes.c_uint32(), ctypes.create_string_buffer(500)
if library.SQLConfigDataSource(None, request, b"Argus", attributes):
    print("done")
else:
    library.SQLInstallerError(1, ctypes.byref(code), text, 500, None)
    print(code.value)
"""
ADD, CONFIG, REMOVE = 1, 2, 3
INVALID_DSN = 9


def test_data_sources_are_written_changed_and_removed(driver_path: Path, tmp_path: Path) -> None:
    (tmp_path / "odbcinst.ini").write_text(f"[Argus]\nDriver={driver_path}\nSetup={driver_path}\n")
    ini = tmp_path / "odbc.ini"
    ini.write_text("[Other]\nDriver=Else\n")
    env = os.environ | {"ODBCSYSINI": str(tmp_path), "ODBCINSTINI": "odbcinst.ini", "ODBCINI": str(ini)}

    def configure(request: int, attributes: str) -> str:
        command = [sys.executable, "-c", CONFIGURE, str(request), attributes]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True).stdout.strip()

    assert configure(ADD, "DSN=Sales|Backend=spark|Host=a.example.org") == "done"
    sales = dict(connstr.read_ini(ini)["Sales"])
    assert sales == {"Driver": "Argus", "Backend": "spark", "Host": "a.example.org"}
    assert configure(CONFIG, "DSN=Sales|Host=b.example.org") == "done"
    assert dict(connstr.read_ini(ini)["Sales"]) == sales | {"Host": "b.example.org"}
    assert configure(REMOVE, "DSN=Sales") == "done"
    assert list(connstr.read_ini(ini)) == ["Other"]
    assert configure(ADD, "Host=a.example.org") == str(INVALID_DSN)


def test_the_table_is_as_the_keywords_are() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "cbridge" / "properties.py"], capture_output=True, text=True, check=True
    )
    assert done.stdout == (ROOT / "cbridge" / "properties.h").read_text("utf-8")
