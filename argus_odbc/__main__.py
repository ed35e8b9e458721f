"""The `argus-odbc` command: install, uninstall, where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from argus_odbc import __version__
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
    """Register the Argus ODBC driver and find it."""


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


if __name__ == "__main__":
    main()
