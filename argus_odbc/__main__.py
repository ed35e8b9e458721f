"""The `argus-odbc` command: install, uninstall, where, doctor, query."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import click

from argus_odbc import __version__
from argus_odbc.errors import DriverError
from argus_odbc.install import InstallError, driver_file, install, odbcinst_ini, uninstall


def _place(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say which odbcinst.ini is meant."""
    command = click.option("--user", "scope", flag_value="user", default="user", help="~/.odbcinst.ini (the default)")(
        command
    )
    command = click.option("--system", "scope", flag_value="system", help="/etc/odbcinst.ini, or that of ODBCSYSINI")(
        command
    )
    return click.option("--dir", "folder", metavar="D", help="D/odbcinst.ini, to be named by ODBCSYSINI=D")(command)


def _file(scope: str | None, folder: str | None) -> Path:
    return odbcinst_ini("dir", folder) if folder else odbcinst_ini(scope or "user")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Register the Argus ODBC driver, find it, say what is wrong, and run a query."""


@main.command("install")
@_place
def install_command(scope: str | None, folder: str | None) -> None:
    """Register the driver as [Argus]."""
    path = _file(scope, folder)
    try:
        install(path)
    except InstallError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"[Argus] is registered in {path}")


@main.command("uninstall")
@_place
def uninstall_command(scope: str | None, folder: str | None) -> None:
    """Take the registration back."""
    path = _file(scope, folder)
    try:
        found = uninstall(path)
    except InstallError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"[Argus] was taken out of {path}" if found else f"[Argus] is not in {path}; nothing was changed")


@main.command("where")
def where_command() -> None:
    """Print the path of the driver file and nothing else."""
    try:
        click.echo(driver_file())
    except InstallError as error:
        raise click.ClickException(str(error)) from error


@main.command("doctor")
@click.argument("conn", metavar="[CONN]", required=False)
@click.option("--dsn", metavar="NAME", help="A data source; the same as CONN without an = in it.")
def doctor_command(conn: str | None, dsn: str | None) -> None:
    """Check the installation, and with CONN (a data source's name or a connection string) everything up to a query.

    Each failure comes with what to do; the exit code is 1 when there was one.
    """
    from argus_odbc.doctor import FAIL, NOTE, examine
    from argus_odbc.log import redact

    if conn is not None and dsn is not None:
        raise click.UsageError("Give CONN or --dsn, not both")
    colors = {FAIL: "red", NOTE: "yellow"}
    failures = 0
    for finding in examine(conn if dsn is None else f"DSN={dsn}"):
        status = click.style(f"{finding.status:4}", fg=colors.get(finding.status, "green"))
        click.echo(f"{status}  {finding.check:14}  {redact(finding.text)}")
        if finding.todo:
            click.echo(f"{'':6}{'':14}  -> {finding.todo}")
        failures += finding.status == FAIL
    if failures:
        click.echo(f"{failures} check{'' if failures == 1 else 's'} failed")
        sys.exit(1)
    click.echo("Nothing failed.")


@main.command("query")
@click.argument("conn", metavar="CONN")
@click.argument("sql", metavar="SQL")
@click.option("--csv", "form", flag_value="csv", help="Comma-separated values with a head line.")
@click.option("--json", "form", flag_value="json", help="An array of objects, one a line.")
@click.option("--limit", type=click.IntRange(min=0), help="Rows to show; 0: all. A table stops at 1000 by itself.")
def query_command(conn: str, sql: str, form: str | None, limit: int | None) -> None:
    """Run SQL on CONN, a data source's name or a connection string; SQL "-" is read from standard input.

    The driver file is called directly: neither a driver manager nor a registration is needed.
    """
    # Its packages are loaded for this command alone.
    from argus_odbc.query import run_query

    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    try:
        run_query(conn, sys.stdin.read() if sql == "-" else sql, form or "table", limit, sys.stdout)
    except DriverError as error:
        click.echo(f"{error.sqlstate} {error.message}", err=True)
        sys.exit(1)
    except InstallError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("cancelled", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
