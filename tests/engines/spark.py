"""A real Spark Thrift Server out of the pyspark wheel; it needs Java and nothing else."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .process import BUILD, Server, free_port, java_home, running

LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %m%n%ex
"""


def spark_home() -> Path:
    """Where the pyspark package lies."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package pyspark is not installed: pip install pyspark")
    return Path(spec.origin).parent


@contextmanager
def spark_thrift_server(auth: str = "NOSASL", **settings: str) -> Iterator[Server]:
    """A server of its own with an empty warehouse. `auth`: NOSASL, or NONE for SASL PLAIN with any password.

    `settings` are hive.server2 properties, with `__` for each dot: `use__SSL="true"`.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="spark-", dir=BUILD))
    port = free_port()
    for name in ("warehouse", "tmp", "scratch", "local", "logs"):
        (folder / name).mkdir()
    (folder / "log4j2.properties").write_text(LOGGING)
    hive = {
        "hive.server2.thrift.bind.host": "127.0.0.1",
        # The one of the two that transport.mode picks is listened on.
        "hive.server2.thrift.port": str(port),
        "hive.server2.thrift.http.port": str(port),
        "hive.server2.authentication": auth,
        "hive.exec.scratchdir": str(folder / "scratch"),
        "hive.exec.local.scratchdir": str(folder / "scratch"),
        "hive.server2.logging.operation.log.location": str(folder / "logs"),
        **{f"hive.server2.{name.replace('__', '.')}": value for name, value in settings.items()},
    }
    spark = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'metastore_db'};create=true",
    }
    java = [
        f"-Dderby.system.home={folder}",
        f"-Djava.io.tmpdir={folder / 'tmp'}",
        f"-Dlog4j2.configurationFile=file:{folder / 'log4j2.properties'}",
        "-Duser.timezone=UTC",
    ]
    command = [
        str(spark_home() / "bin" / "spark-submit"),
        "--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", "--name", "argus-tests",
        "--master", "local[2]", "--driver-memory", "1g", "--driver-java-options", " ".join(java),
    ]  # fmt: skip
    for key, value in spark.items():
        command += ["--conf", f"{key}={value}"]
    command.append("spark-internal")
    for key, value in hive.items():
        command += ["--hiveconf", f"{key}={value}"]
    try:
        environment = {"JAVA_HOME": str(java_home()), "SPARK_HOME": str(spark_home())}
        with running(command, folder, port, 180, environment) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)
