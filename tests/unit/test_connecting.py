"""docs/connecting.md says what settings.py knows."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_document_is_current() -> None:
    page = runpy.run_path(str(ROOT / "tools" / "connecting.py"))["page"]()
    assert (ROOT / "docs" / "connecting.md").read_text(encoding="utf-8") == page, "run tools/connecting.py"
