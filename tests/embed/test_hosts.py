"""The driver in every kind of process: C programs, Pythons of other builds and versions, and hostile surroundings."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from registration import ROOT

SANITIZED = os.environ.get("ARGUS_SANITIZED") == "1"
CONNECT = "Backend=duckdb"
CLIENT = Path(__file__).with_name("client.py")
LEAVER = Path(__file__).with_name("leaver.py")


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """host.c, compiled."""
    program = tmp_path_factory.mktemp("embed") / "host"
    source = Path(__file__).with_name("host.c")
    subprocess.run(["gcc", "-g", "-Wall", str(source), "-o", str(program), "-ldl", "-lpthread"], check=True)
    return program


def run(command: list[object], code: int = 0, **environment: str) -> str:
    """What a program prints; it has to end by itself, with this exit code."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") or k == "PYTHONMALLOC"} | environment
    done = subprocess.run(
        [str(part) for part in command], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == code, (done.returncode, done.stdout[-1500:], done.stderr[-1500:])
    return done.stdout


@functools.cache
def pythons() -> dict[str, Path]:
    """Interpreters on this machine by version, "3.12": those on PATH and those that pyenv keeps; not this one's."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found: dict[str, Path] = {}
    candidates = [*sorted(root.glob("3.*/bin/python3")), *(shutil.which(f"python3.{n}") for n in range(8, 20))]
    for candidate in filter(None, candidates):
        text = "import sys; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run([candidate, "-c", text], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            found.setdefault(done.stdout.strip(), Path(candidate))
    return found


def other_python(version: str) -> Path:
    """The interpreter of a version, or a skip that says what is not there."""
    if version not in pythons():
        pytest.skip(
            f"no Python {version} on PATH or in pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install {version}"
        )
    return pythons()[version]


def libpython(version: str) -> Path:
    """The shared library of a version, or a skip that says what is not there."""
    python = Path(sys.executable) if version == THIS else other_python(version)
    text = "import sysconfig as s; v = s.get_config_var; print(v('LIBDIR'), v('INSTSONAME'), sep='/')"
    path = Path(run([python, "-c", text]).strip())
    if ".so" not in path.name or not path.exists():
        pytest.skip(f"Python {version} has no shared library {path}: build it with --enable-shared")
    return path


THIS = f"{sys.version_info[0]}.{sys.version_info[1]}"
NEWER = [v for v in ("3.11", "3.12", "3.13", "3.14") if v != THIS]

# ---- a C host that loads the driver for itself alone ----


def test_host_fetches_and_keeps_its_locale_and_signals(host: Path, driver_path: Path) -> None:
    out = run([host, driver_path, "query"])
    assert out == "connected locale kept sigint kept\nquery 5140 of 5140\n"


def test_host_error_reaches_the_diagnostics(host: Path, driver_path: Path) -> None:
    assert "error 42S02 [Argus][DuckDB] " in run([host, driver_path, "error", "query"])


BOOT = pytest.mark.parametrize("boot", [{}, {"BOOT_THREAD": "1"}], ids=["booted here", "boot thread has ended"])


@BOOT
@pytest.mark.parametrize(
    ("task", "line"),
    [
        ("threads", "threads 200 of 200 right"),
        ("fork", "fork 0 of 50 children failed"),
        ("reload", "reload 50 times"),
        ("collect", "collected"),
        # 0 + ... + 999,999; ten numbers of one digit, 90 of two ... 900,000 of six
        ("held", "held 1000000 rows, sum 499999500000, 5888890 characters, end"),
    ],
)
def test_host_task(host: Path, driver_path: Path, task: str, line: str, boot: dict[str, str]) -> None:
    assert run([host, driver_path, task], **boot).splitlines()[-1] == line


def exits(host: Path, driver_path: Path, **environment: str) -> None:
    """Leave while a thread executes statements, of which the last one may be told that it was cancelled."""
    _, said, *told = run([host, driver_path, "exit"], **environment).splitlines()
    assert said == "exit now"
    assert [line[:11] for line in told] in ([], ["error HY008"]), told


@BOOT
def test_exit_with_a_busy_thread_is_clean_every_time(host: Path, driver_path: Path, boot: dict[str, str]) -> None:
    for _ in range(5):
        exits(host, driver_path, **boot)


def test_exit_with_a_thread_inside_the_engine_is_clean_every_time(host: Path, driver_path: Path) -> None:
    """DuckDB writes the types of functions with a static table of its keywords, which is gone when exit() has run."""
    functions = " union all ".join(["select parameter_types from duckdb_functions()"] * 8)
    for _ in range(16):
        exits(host, driver_path, HOST_BUSY=f"select 1, count(parameter_types)::varchar from ({functions})")


def test_exit_in_the_middle_of_a_large_result_is_clean_every_time(host: Path, driver_path: Path) -> None:
    for _ in range(8):
        exits(host, driver_path, HOST_BUSY="select i, cast(i as varchar) from range(100000000000) t(i)")


def test_fork_while_a_thread_gets_its_thread_state(host: Path, driver_path: Path) -> None:
    """The thread's calls are short, and each makes it known to Python anew."""
    out = run([host, driver_path, "fork"], HOST_BUSY="")
    assert "fork 0 of 50 children failed\n" in out


def test_hostile_environment_is_not_looked_at(host: Path, driver_path: Path, tmp_path: Path) -> None:
    for name in ("argus_odbc", "json", "encodings", "duckdb"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the wrong package')")
    surroundings = {"PYTHONPATH": str(tmp_path), "PYTHONHOME": "/nowhere", "LC_ALL": "C", "PATH": "/nowhere"}
    surroundings |= {"PYTHONSTARTUP": "/nowhere", "PYTHONINSPECT": "1", "PYTHONOPTIMIZE": "2"}
    text = (
        "import sys, argus_odbc, json\n"
        "print(sys.getfilesystemencoding(), sys.flags.utf8_mode, sys.flags.isolated, argus_odbc.__path__[0], flush=True)"
    )
    env = os.environ | surroundings | {"ARGUS_TEXT": text}
    done = subprocess.run(
        [host, driver_path, "query", "python"], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done
    assert done.stdout.splitlines()[1:] == ["query 5140 of 5140", f"utf-8 1 1 {driver_path.parent}"]


def test_host_that_never_set_a_locale_reads_utf8(host: Path, driver_path: Path) -> None:
    text = "import io, locale; print(io.text_encoding('locale'), locale.getpreferredencoding(), 'ž', flush=True)"
    assert run([host, driver_path, "python"], LC_ALL="C", ARGUS_TEXT=text).splitlines()[-1] == "locale utf-8 ž"


def test_environment_of_the_driver_is_used(host: Path, driver_path: Path) -> None:
    text = "import sys, thrift, click; print(sys.prefix, sys.executable, flush=True)"
    prefix, executable = run([host, driver_path, "python"], ARGUS_TEXT=text).splitlines()[-1].split()
    assert Path(prefix).resolve() == Path(sys.prefix).resolve()
    assert Path(executable).resolve() == Path(sys.executable).resolve()


# ---- a C host that embeds Python itself ----


@pytest.mark.skipif(SANITIZED, reason="another Python is not built for the sanitizers")
@pytest.mark.parametrize("scope", [{}, {"HOST_GLOBAL": "1"}], ids=["for itself", "for everyone"])
@pytest.mark.parametrize("version", [THIS, *NEWER])
def test_host_python_is_adopted(host: Path, driver_path: Path, version: str, scope: dict[str, str]) -> None:
    text = (
        "import os, sys, array, argus_odbc._core as core\n"
        "names = {line.split()[-1] for line in open('/proc/self/maps') if 'libpython3.' in line}\n"
        "print(sys.version_info[:2], len(names), core.__file__, flush=True)"
    )
    # DuckDB's own module is compiled for one version, so a host of another shows the refusal that names it.
    tasks = ["query", "python"] if version == THIS else ["python"]
    environment = {"HOST_PYTHON": str(libpython(version)), "ARGUS_TEXT": text, **scope}
    command: list[object] = [host, driver_path, *tasks]
    if version != THIS and not has_duckdb(version):
        out = run(command, code=1, **environment)
        assert out.splitlines()[-1].startswith("error ")
        assert "duckdb" in out.splitlines()[-1]
        return
    minor = int(version.split(".")[1])
    last = run(command, **environment).splitlines()[-1]
    assert last == f"(3, {minor}) 1 {driver_path.parent / '_core.abi3.so'}"


@pytest.mark.skipif(SANITIZED, reason="another Python is not built for the sanitizers")
@pytest.mark.parametrize("version", [THIS, *NEWER])
def test_libpython_that_the_host_did_not_start_is_started(host: Path, driver_path: Path, version: str) -> None:
    text = "import sys; print(sys.version_info[:2], flush=True)"
    environment = {"HOST_PYTHON": str(libpython(version)), "HOST_IDLE": "1", "ARGUS_TEXT": text}
    if version == THIS or has_duckdb(version):
        assert run([host, driver_path, "python"], **environment).splitlines()[-1] == str((3, int(version[2:])))
    else:
        assert "duckdb" in run([host, driver_path, "python"], code=1, **environment).splitlines()[-1]


def has_duckdb(version: str) -> bool:
    """Whether that Python can import DuckDB by itself."""
    done = subprocess.run([pythons()[version], "-c", "import duckdb"], capture_output=True, check=False)
    return done.returncode == 0


# ---- Pythons as hosts ----


def test_this_python_through_ctypes(driver_path: Path) -> None:
    assert run([sys.executable, CLIENT, driver_path, CONNECT]) == "rows 100\n"


def test_this_python_through_pyodbc(driver_path: Path) -> None:
    text = (
        "import sys, pyodbc\n"
        "c = pyodbc.connect('Driver=Argus;Backend=duckdb')\n"
        "print(c.execute('select sum(i) from range(100) t(i)').fetchval(), 'argus_odbc._core' in sys.modules)"
    )
    assert run([sys.executable, "-c", text]) == "4950 True\n"


@pytest.mark.skipif(SANITIZED, reason="another Python is not built for the sanitizers")
@pytest.mark.parametrize("version", [*NEWER, "system"])
def test_other_python_is_adopted(driver_path: Path, version: str) -> None:
    """Debian's own is linked statically; others may be newer than the one the driver was built with."""
    python = Path("/usr/bin/python3") if version == "system" else other_python(version)
    if not python.exists():
        pytest.skip("no /usr/bin/python3: apt-get install python3")
    text = "import sys; print('%d.%d' % sys.version_info[:2])"
    same = run([python, "-c", text]).strip() == THIS
    done = subprocess.run([python, CLIENT, driver_path, CONNECT], capture_output=True, text=True, timeout=60)
    if same or (version in pythons() and has_duckdb(version)):
        assert (done.returncode, done.stdout) == (0, "rows 100\n"), done
    else:
        assert done.returncode == 1, done
        assert "duckdb" in done.stdout


@pytest.mark.skipif(SANITIZED, reason="another Python is not built for the sanitizers")
@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10"])
def test_old_python_is_refused_with_the_reason(driver_path: Path, version: str) -> None:
    out = run([other_python(version), CLIENT, driver_path, CONNECT], code=1)
    assert out.startswith(f"HY000 [Argus] needs Python 3.11 or newer, but this process runs Python {version}.")


def test_boot_from_two_threads_with_and_without_the_gil(driver_path: Path) -> None:
    """ctypes.PyDLL keeps the GIL in the call, CDLL does not: neither may wait for the other for ever."""
    for _ in range(3):
        assert run([sys.executable, CLIENT, driver_path, CONNECT, "both"]) == "rows 100\nrows 100\n"


def test_python_that_forks_keeps_working(driver_path: Path) -> None:
    text = (
        "import os, subprocess, sys, pyodbc\n"
        "c = pyodbc.connect('Driver=Argus;Backend=duckdb')\n"
        "subprocess.run([sys.executable, '-c', ''], preexec_fn=os.getpid, check=True)\n"
        "pid = os.fork()\n"
        "if not pid: os._exit(0 if os.path.exists('/') else 1)\n"
        "print(os.waitpid(pid, 0)[1], c.execute('select 7').fetchval())"
    )
    assert run([sys.executable, "-W", "ignore", "-c", text]) == "0 7\n"


def test_a_child_that_was_forked_in_the_middle_of_a_result_closes_it_and_the_parent_reads_on(driver_path: Path) -> None:
    """The engine's threads are not in the child, so nothing of the engine may be touched there."""
    text = (
        "import os, signal, sys, pyodbc\n"
        "c = pyodbc.connect('Driver=Argus;Backend=duckdb', autocommit=True)\n"
        "k = c.execute('select range from range(1000000)')\n"
        "k.fetchone()\n"
        "pid = os.fork()\n"
        "if not pid:\n"
        "    signal.alarm(10)\n"
        "    try: k.fetchall()\n"
        "    except pyodbc.Error as e: print(e.args[0], flush=True)\n"
        "    k.close(); c.close(); os._exit(0)\n"
        "print(os.waitpid(pid, 0)[1], 1 + len(k.fetchall()))"
    )
    assert run([sys.executable, "-W", "ignore", "-c", text]) == "08S01\n0 1000000\n"


@pytest.mark.parametrize("task", ["call", "worker", "fetch", "loop", "pyodbc"])
def test_python_that_ends_with_a_busy_thread(driver_path: Path, task: str) -> None:
    """Python would end such a thread inside a backend's C++, which aborts the process."""
    for _ in range(3):
        begun = time.monotonic()
        assert run([sys.executable, LEAVER, driver_path, task]) == "exit now\n"
        assert time.monotonic() - begun < 20, "the statement is cancelled, not waited for"


# ---- through the driver manager ----


@pytest.mark.parametrize("program", ["isql", "iusql"])
def test_manager_program_fetches(program: str, dsn: str) -> None:
    done = subprocess.run(
        [program, dsn, "-b", "-d|"], input="select 42, 'abc'\n", capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["42|abc"]


def test_many_threads_here(driver_path: Path) -> None:
    """Threads of this Python, each with a connection of its own."""
    import pyodbc

    found: list[int] = []

    def work() -> None:
        connection = pyodbc.connect("Driver=Argus;Backend=duckdb")
        found.append(connection.execute("select sum(i) from range(100) t(i)").fetchval())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [4950] * 8


# ---- installations that are broken or moved ----


@pytest.fixture
def copy(driver_path: Path, tmp_path: Path) -> Path:
    """A copy of the package with both files, as a wheel would lay it down."""
    folder = tmp_path / "argus_odbc"
    shutil.copytree(driver_path.parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / driver_path.name


def test_missing_core_is_named(host: Path, copy: Path) -> None:
    (copy.parent / "_core.abi3.so").unlink()
    out = run([host, copy, "query"], code=1)
    assert out.startswith("error HY000 [Argus] cannot open its core: ")
    assert str(copy.parent / "_core.abi3.so") in out


@pytest.mark.parametrize("program", ["isql", "iusql"])
def test_missing_core_is_named_by_the_manager(program: str, copy: Path, tmp_path: Path) -> None:
    (copy.parent / "_core.abi3.so").unlink()
    (tmp_path / "odbc.ini").write_text(f"[Broken]\nDriver={copy}\n")
    env = os.environ | {"ODBCINI": str(tmp_path / "odbc.ini")}
    done = subprocess.run([program, "-v", "Broken"], input="", env=env, capture_output=True, text=True, timeout=60)
    assert "[Argus] cannot open its core: " in done.stdout + done.stderr, done


def test_missing_core_through_pyodbc(copy: Path) -> None:
    (copy.parent / "_core.abi3.so").unlink()
    text = f"import pyodbc\ntry: pyodbc.connect('Driver={copy}')\nexcept pyodbc.Error as e: print(e.args[0], e.args[1])"
    assert run([sys.executable, "-c", text]).startswith("HY000 [HY000] [Argus] cannot open its core: ")


SQLERROR = """
import ctypes, sys
lib = ctypes.CDLL(sys.argv[1])
env, dbc, n = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_short()
for function in (lib.SQLAllocEnv, lib.SQLAllocConnect, lib.SQLConnect, lib.SQLError, lib.SQLFreeConnect, lib.SQLFreeEnv):
    function.restype = ctypes.c_short
assert lib.SQLAllocEnv(ctypes.byref(env)) == 0 == lib.SQLAllocConnect(env, ctypes.byref(dbc))
assert lib.SQLConnect(dbc, b"x", -3, None, 0, None, 0) == -1
for _ in range(2):
    for expected in (0, 100):
        text = ctypes.create_string_buffer(1000)
        assert lib.SQLError(env, dbc, None, None, None, text, ctypes.c_short(1000), ctypes.byref(n)) == expected
        print(text.value.decode())
assert lib.SQLFreeConnect(dbc) == 0 == lib.SQLFreeEnv(env)
"""


def test_missing_core_through_odbc_2(copy: Path) -> None:
    """SQLError tells the reason once for each time that it is asked through."""
    (copy.parent / "_core.abi3.so").unlink()
    first, end, again, last = run([sys.executable, "-c", SQLERROR, copy]).splitlines()
    assert first == again
    assert first.startswith("[Argus] cannot open its core: ")
    assert end == last == ""


def test_unreadable_package_is_named(host: Path, copy: Path) -> None:
    (copy.parent / "__init__.py").write_text("raise RuntimeError('half an installation')")
    out = run([host, copy, "query"], code=1)
    assert "argus_odbc cannot be imported: RuntimeError: half an installation" in out


@pytest.mark.skipif(SANITIZED, reason="the copy is the ordinary build's")
def test_moved_into_a_virtual_environment_its_python_is_found(host: Path, copy: Path, tmp_path: Path) -> None:
    """pyvenv.cfg above the library names the installation whose libpython and packages are used."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    packages = tmp_path / "venv" / "lib" / f"python{THIS}" / "site-packages"
    shutil.move(copy.parent, packages / "argus_odbc")
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "more.pth").write_text(ours + "\n")
    text = "import sys; print(sys.prefix, flush=True)"
    out = run([host, packages / "argus_odbc" / copy.name, "query", "python"], ARGUS_TEXT=text)
    assert out.splitlines()[-1] == str(tmp_path / "venv")


# ---- what the files export ----


def exported(path: Path) -> set[str]:
    """Names that `nm -D` lists as defined."""
    done = subprocess.run(["nm", "-D", "--defined-only", path], capture_output=True, text=True, check=True)
    return {line.split()[-1].split("@")[0] for line in done.stdout.splitlines()}


@pytest.mark.skipif(SANITIZED, reason="the sanitizers export names of their own")
def test_only_odbc_functions_are_exported(driver_path: Path) -> None:
    names = exported(driver_path)
    assert {name for name in names if not name.startswith("SQL")} == {"ConfigDSN", "ODBCINSTGetProperties"}
    assert exported(driver_path.parent / "_core.abi3.so") == {name for name in names if name.startswith("SQL")} | {
        "PyInit__core"
    }


def specified_functions() -> set[str]:
    """Functions that a driver has to export, A and W, by the specification's table."""
    rows = (ROOT / "tests" / "spec" / "functions.tsv").read_text("utf-8").splitlines()
    header = rows[0].split("\t")
    names: set[str] = {"ConfigDSN"}
    for row in rows[1:]:
        one = dict(zip(header, row.split("\t"), strict=False))
        if one["implemented_by"].startswith(("both", "driver (DM dispatches)")):
            names |= {one["function"]} | ({one["function"] + "W"} if one["has_wide"] == "yes" else set())
    return names


def test_every_specified_function_is_exported(driver_path: Path) -> None:
    assert specified_functions() - exported(driver_path) == set()


def test_loader_needs_no_python_and_stays_mapped(driver_path: Path) -> None:
    done = subprocess.run(["readelf", "-dW", driver_path], capture_output=True, text=True, check=True)
    assert "libpython" not in done.stdout
    assert "NODELETE" in done.stdout
    assert "SYMBOLIC" in done.stdout
