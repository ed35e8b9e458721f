"""What is handed out: an archive of the sources, the wheel made from it, and the driver as that wheel installs it."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from engines.process import unpack

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    """What a command prints; it has to succeed."""
    done = subprocess.run(
        [str(c) for c in command],
        cwd=cwd,
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the sources, unpacked. Made from a copy of the tracked files, so that nothing built slips in."""
    folder = tmp_path_factory.mktemp("sources")
    clone = folder / "clone"
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "setup.py", "-q", "sdist", "--dist-dir", folder, cwd=clone)
    [archive] = folder.glob("argus_odbc-*.tar.gz")
    with tarfile.open(archive) as tar:
        unpack(tar, folder)
    return folder / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(sources: Path) -> Path:
    """The wheel, built from the archive without optimisation, which takes a third of the time."""
    folder = sources.parent / "wheel"
    run(
        sys.executable, "-m", "pip", "wheel", "--disable-pip-version-check", "--no-deps", "--no-build-isolation",
        "-w", folder, sources, cwd=folder.parent, ARGUS_DEBUG="1",
    )  # fmt: skip
    [file] = folder.iterdir()
    return file


def test_the_archive_has_all_sources_and_nothing_built(sources: Path) -> None:
    tracked = set(run("git", "ls-files", "argus_odbc", "cbridge", "include", cwd=ROOT).split())
    there = {
        str(path.relative_to(sources))
        for folder in ("argus_odbc", "cbridge", "include")
        for path in (sources / folder).rglob("*")
        if path.is_file()
    }
    assert there == {name for name in tracked if (ROOT / name).exists()}


def test_one_wheel_serves_every_python_from_3_11_on(wheel: Path) -> None:
    tag = wheel.name.removesuffix(".whl").split("-", 2)[2]
    assert tag.startswith("cp311-abi3-linux_")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"argus_odbc/libargus_odbc.so", "argus_odbc/_core.abi3.so", "argus_odbc/odbcinst.ini.template"} <= set(names)
    assert not [name for name in names if name.startswith(("tests", "bench", "cbridge", "build"))]


def test_an_installed_wheel_serves_a_program_without_python(wheel: Path, tmp_path: Path) -> None:
    venv, registered = tmp_path / "venv", tmp_path / "odbc"
    run(sys.executable, "-m", "venv", venv, cwd=tmp_path)
    run(
        venv / "bin" / "pip", "install", "-q", "--disable-pip-version-check", f"{wheel}[duckdb]", cwd=tmp_path
    )  # fmt: skip
    run(venv / "bin" / "argus-odbc", "install", "--dir", registered, cwd=tmp_path)
    driver = run(venv / "bin" / "argus-odbc", "where", cwd=tmp_path).strip()
    assert Path(driver).is_relative_to(venv)
    environment = {"ODBCSYSINI": str(registered), "ODBCINSTINI": "odbcinst.ini", "HOME": str(tmp_path)}
    environment |= {"ODBCINI": str(registered / "odbc.ini"), "PYTHONPATH": "", "VIRTUAL_ENV": ""}
    done = subprocess.run(
        ["isql", "-b", "-d|", "-k", "Driver=Argus;Backend=duckdb;Database=:memory:"],
        input="select 6 * 7 as answer, 'ž' as letter\n", env=os.environ | environment, cwd=tmp_path,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() == "42|ž", done.stdout + done.stderr
    assert run(
        venv / "bin" / "argus-odbc", "query", "Backend=duckdb", "select 6 * 7 as answer", "--csv", cwd=tmp_path
    ).split() == ["answer", "42"]
