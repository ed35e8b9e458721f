"""Rules of CONTRIBUTING.md that a program can check over the whole tree."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked() -> list[Path]:
    """Files that git knows, as they are on disk."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


SOURCES = (".py", ".pyx", ".pxi", ".pxd", ".c", ".cpp", ".h", ".sh")


def test_links_of_the_documents_lead_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "bench").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name} links to {target}"


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "docs/building.md"])
def test_make_targets_of_the_documents_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:`|^ {4})make ([a-z]+)", (ROOT / document).read_text("utf-8"), re.M))
    assert named, document
    assert named <= targets


def test_the_two_commands_stand_at_the_top_of_the_readme() -> None:
    top = (ROOT / "README.md").read_text("utf-8").split("##")[0]
    assert "    make demo" in top
    assert "    make test" in top


def test_no_path_of_one_machine() -> None:
    pattern = re.compile(r"(?<![\w.{}$/-])/(work|root|farm)/|/home/[a-z]")
    for path in tracked():
        if path.suffix in (*SOURCES, ".md", ".toml", ".ini", ".txt", ".template", "") and path != Path(__file__):
            for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
                assert not pattern.search(line), f"{path.relative_to(ROOT)}:{number}: {line.strip()}"


def test_files_have_one_subject() -> None:
    generated = {ROOT / "cbridge" / "sql.pxd"}
    for path in tracked():
        if path.suffix in SOURCES and path not in generated:
            lines = len(path.read_text("utf-8").splitlines())
            assert lines <= 600, f"{path.relative_to(ROOT)} has {lines} lines"


def test_nothing_is_left_open() -> None:
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    swallowed = re.compile(r"except( Exception| BaseException)?( as \w+)?:\s*(\n\s*)?pass\b")
    for path in tracked():
        if path.suffix in SOURCES:
            text = path.read_text("utf-8")
            assert not words.search(text), path
            assert not swallowed.search(text), f"{path.relative_to(ROOT)} swallows an error"
