"""The `argus-odbc` command: install, uninstall, where, query."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import click

from argus_odbc import __version__, install


def _file(user: bool, system: bool, folder: str | None) -> Path:
    """The odbcinst.ini that the switches name; the user's own without any."""
    if sum((user, system, folder is not None)) > 1:
        raise click.UsageError("give one of --user, --system and --dir")
    if folder is not None:
        return Path(folder).resolve() / "odbcinst.ini"
    return install.system_file() if system else install.user_file()


def _target(command: click.Command) -> click.Command:
    command = click.option("--dir", "folder", metavar="D", help="odbcinst.ini in the folder D (for ODBCSYSINI).")(
        command
    )
    command = click.option("--system", is_flag=True, help="The system's odbcinst.ini.")(command)
    return click.option("--user", is_flag=True, help="~/.odbcinst.ini (the default).")(command)


@click.group()
@click.version_option(__version__)
def main() -> None:
    """Registers the Argus ODBC driver and runs queries through it."""


@main.command("install")
@_target
def install_command(user: bool, system: bool, folder: str | None) -> None:
    """Register the driver as `Argus` with unixODBC."""
    path = _file(user, system, folder)
    try:
        install.register(path)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error}") from error
    click.echo(f"Registered {install.driver_path()} as [{install.SECTION}] in {path}")


@main.command("uninstall")
@_target
def uninstall_command(user: bool, system: bool, folder: str | None) -> None:
    """Take the registration back."""
    path = _file(user, system, folder)
    click.echo(
        f"Removed [{install.SECTION}] from {path}" if install.unregister(path) else f"{path} has no [{install.SECTION}]"
    )


@main.command()
def where() -> None:
    """Print the absolute path of the driver file and nothing else."""
    click.echo(str(install.driver_path()))


@main.command()
@click.argument("connection")
@click.argument("sql")
@click.option("--csv", "form", flag_value="csv", help="Comma-separated values.")
@click.option("--json", "form", flag_value="json", help="A JSON array of objects.")
def query(connection: str, sql: str, form: str | None) -> None:
    """Run SQL on a CONNECTION string and print the result."""
    import pyodbc
    from rich.console import Console
    from rich.table import Table

    if "driver=" not in connection.lower() and "dsn=" not in connection.lower():
        connection = f"Driver={{{install.driver_path()}}};{connection}"
    try:
        with pyodbc.connect(connection, autocommit=True) as opened:
            cursor = opened.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchall() if names else []
            count = cursor.rowcount
    except pyodbc.Error as error:
        raise click.ClickException(error.args[-1]) from error
    if not names:
        click.echo(f"{count} rows" if count >= 0 else "done")
    elif form == "csv":
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
    elif form == "json":
        click.echo(
            json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=str, indent=2, ensure_ascii=False)
        )
    else:
        table = Table(*names)
        for row in rows:
            table.add_row(*("NULL" if value is None else str(value) for value in row))
        Console().print(table)


if __name__ == "__main__":
    main()
