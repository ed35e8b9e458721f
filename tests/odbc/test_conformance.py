"""docs/conformance.md says what the running driver says."""

from __future__ import annotations

import runpy

import tables
from registration import ROOT


def test_the_document_is_current() -> None:
    page = runpy.run_path(str(ROOT / "tools" / "conformance.py"))["page"]()
    written = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    changed = sorted(set(page.splitlines()) ^ set(written.splitlines()))
    assert written == page, f"run tools/conformance.py: {changed[:6]}"


def test_it_names_every_function_and_information_type() -> None:
    written = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    for row in tables.rows("functions"):
        if row["function_id"]:
            assert f"| `{row['function']}` |" in written
    for row in tables.rows("info_types"):
        if row["number"] and not row["value_kind"].startswith("alias"):
            assert f"| `{row['name']}` | {row['number']} |" in written
