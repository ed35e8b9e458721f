"""A real HiveServer2 of Apache Hive 4.0.1 out of Maven Central's artifacts, with its metastore inside, on Tez in local mode."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

from .process import BUILD, Server, free_port, java_home, running, wait_for_port

VERSION = "4.0.1"
CACHE = BUILD / f"hive-{VERSION}"
POM = Path(__file__).parent / "servers" / "hive" / "pom.xml"
SCHEMA = "hive-schema-4.0.0.derby.sql"

LOGGING = """\
status=WARN
appenders=c
appender.c.type=Console
appender.c.name=c
appender.c.target=SYSTEM_ERR
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d{HH:mm:ss,SSS} %p %c{1}: %m%n
rootLogger.level=WARN
rootLogger.appenderRefs=c
rootLogger.appenderRef.c.ref=c
"""

OPENED_PACKAGES = (
    "lang", "lang.reflect", "net", "util", "util.concurrent", "util.concurrent.atomic", "util.regex", "io", "nio", "text",
    "time", "math", "security",
)  # fmt: skip


def fetch() -> None:
    """The jars and an empty metastore, once: about 400 MB and a minute and a half."""
    done = CACHE / "complete"
    if done.exists():
        return
    shutil.rmtree(CACHE, ignore_errors=True)
    jars, schema = CACHE / "jars", CACHE / "schema"
    schema.mkdir(parents=True)
    maven(
        "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={jars}", "-DincludeScope=runtime",
        "-DincludeTypes=jar", "-DexcludeArtifactIds=hadoop-client-api,hadoop-client-runtime,slf4j-reload4j",
    )  # fmt: skip
    # Tez wants one class of log4j 1 that the bridge to log4j 2 lacks; it has to come after the bridge.
    last = CACHE / "last"
    last.mkdir()
    for jar in jars.glob("reload4j-*.jar"):
        jar.rename(last / jar.name)
    # The transaction tables are made by a script that only the metastore's tarball has.
    maven(
        "dependency:copy", f"-Dartifact=org.apache.hive:hive-standalone-metastore-server:{VERSION}:tar.gz:bin",
        f"-DoutputDirectory={schema}",
    )  # fmt: skip
    tarball = next(schema.glob("*bin.tar.gz"))
    with tarfile.open(tarball) as archive:
        member = next(m for m in archive if m.name.endswith("/upgrade/derby/" + SCHEMA))
        content = archive.extractfile(member)
        assert content is not None
        script = content.read().decode()
    tarball.unlink()
    template = CACHE / "template"
    template.mkdir()
    (schema / "init.sql").write_text(f"connect 'jdbc:derby:{template}/metastore_db;create=true';\n{script}\nexit;\n")
    made = subprocess.run(
        [str(java_home() / "bin" / "java"), "-cp", f"{jars}/*", "org.apache.derby.tools.ij", str(schema / "init.sql")],
        cwd=template, capture_output=True, text=True, check=True,
    )  # fmt: skip
    failed = [line for line in made.stdout.splitlines() if line.startswith("ERROR")]
    assert not failed, failed[:3]
    done.write_text("")


def maven(*arguments: str) -> None:
    """Run Maven; its repository is the user's own, so that other builds share it."""
    if shutil.which("mvn") is None:
        raise RuntimeError("Maven (mvn) is needed to fetch Hive: apt-get install maven")
    done = subprocess.run(["mvn", "-q", "-B", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"mvn {' '.join(arguments)} failed:\n{(done.stdout + done.stderr)[-3000:]}")


def site(folder: Path, port: int, http_port: int, auth: str) -> str:
    """hive-site.xml, which Hadoop and Tez read as core-site.xml too."""
    settings = {
        "javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder}/metastore_db;create=false",
        "hive.metastore.warehouse.dir": f"file://{folder}/warehouse",
        "hive.metastore.warehouse.external.dir": f"file://{folder}/external",
        "hive.metastore.event.db.notification.api.auth": "false",
        "hive.exec.scratchdir": f"{folder}/scratch",
        "hive.exec.local.scratchdir": f"{folder}/local",
        "hive.downloaded.resources.dir": f"{folder}/tmp",
        "hive.user.install.directory": f"{folder}/install",
        "hive.querylog.location": f"{folder}/tmp",
        "hive.server2.logging.operation.log.location": f"{folder}/logs",
        "hive.server2.thrift.bind.host": "127.0.0.1",
        "hive.server2.thrift.port": str(port),
        # Binary and HTTP in one process.
        "hive.server2.transport.mode": "all",
        "hive.server2.thrift.http.port": str(http_port),
        "hive.server2.authentication": auth,
        "hive.server2.enable.doAs": "false",
        "hive.server2.webui.port": "0",
        "hive.server2.tez.initialize.default.sessions": "false",
        "hive.support.concurrency": "true",
        "hive.txn.manager": "org.apache.hadoop.hive.ql.lockmgr.DbTxnManager",
        "hive.stats.column.autogather": "false",
        "hive.execution.engine": "tez",
        "hive.tez.container.size": "256",
        # With tez.local.mode.without.network every cancel would hang.
        "tez.local.mode": "true",
        "tez.runtime.optimize.local.fetch": "true",
        "tez.ignore.lib.uris": "true",
        "tez.staging-dir": f"{folder}/staging",
        "tez.am.resource.memory.mb": "256",
        "tez.runtime.io.sort.mb": "32",
        "fs.defaultFS": "file:///",
        "hadoop.tmp.dir": f"{folder}/tmp",
        "mapreduce.framework.name": "local",
    }
    rows = "".join(
        f"<property><name>{escape(name)}</name><value>{escape(value)}</value></property>\n"
        for name, value in settings.items()
    )
    return f"<configuration>\n{rows}</configuration>\n"


@contextmanager
def hive_server(auth: str = "NONE") -> Iterator[Server]:
    """A server of its own with an empty warehouse. `auth`: NOSASL, or NONE for SASL PLAIN with any password."""
    fetch()
    folder = Path(tempfile.mkdtemp(prefix="hive-", dir=BUILD))
    port, http_port = free_port(), free_port()
    for name in ("warehouse", "external", "tmp", "scratch", "local", "logs", "install", "staging", "conf"):
        (folder / name).mkdir()
    (folder / "scratch").chmod(0o777)
    (folder / "local").chmod(0o777)
    shutil.copytree(CACHE / "template" / "metastore_db", folder / "metastore_db")
    for name in ("hive-site.xml", "core-site.xml"):
        (folder / "conf" / name).write_text(site(folder, port, http_port, auth))
    (folder / "conf" / "hive-log4j2.properties").write_text(LOGGING)
    opened = [f"java.base/java.{name}=ALL-UNNAMED" for name in OPENED_PACKAGES]
    opened += [f"{name}=ALL-UNNAMED" for name in ("java.base/sun.nio.ch", "java.sql/java.sql")]
    command = [str(java_home() / "bin" / "java"), "-Xmx1g", "-XX:+UseSerialGC"]
    for package in opened:
        command += ["--add-opens", package]
    command += [
        f"-Djava.io.tmpdir={folder}/tmp", f"-Dderby.stream.error.file={folder}/derby.log", "-Duser.timezone=UTC",
        "-Dproc_hiveserver2", "-cp", f"{folder}/conf:{CACHE}/jars/*:{CACHE}/last/*",
        "org.apache.hive.service.server.HiveServer2",
    ]  # fmt: skip
    try:
        with running(command, folder, port, 120) as server:
            wait_for_port(http_port, 30)
            yield replace(server, http_port=http_port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
