"""A real KDC of MIT Kerberos with a realm of its own, in a folder of its own, without root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .process import free_port, running

REALM = "ARGUS.TEST"

# No DNS and no UDP: what a test machine has of the former is not known. Tickets for the wrong name come from the lists only.
KRB5_CONF = """\
[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
 default_ccache_name = FILE:{folder}/usual.ccache
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
 }}
[domain_realm]
 localhost = {realm}
"""
KDC_CONF = """\
[kdcdefaults]
 kdc_listen = ""
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
  supported_enctypes = aes256-cts-hmac-sha1-96:normal
 }}
"""


@dataclass(frozen=True)
class Kdc:
    """A running KDC."""

    folder: Path

    @property
    def config(self) -> Path:
        """What KRB5_CONFIG has to name."""
        return self.folder / "krb5.conf"

    def keytab(self, principal: str) -> Path:
        return self.folder / f"{principal.replace('/', '-')}.keytab"

    def ticket(self, principal: str, cache: Path) -> None:
        """What `kinit` does for a user."""
        _run(self.folder, ["kinit", "-k", "-t", str(self.keytab(principal)), "-c", f"FILE:{cache}", principal])


def program(name: str) -> str:
    """The daemons lie in a folder that is not on every user's PATH."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/mit/sbin")
    if found is None:
        raise RuntimeError(f"{name} is missing: install krb5-kdc, krb5-admin-server and krb5-user")
    return found


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "KRB5_CONFIG": str(folder / "krb5.conf"), "KRB5_KDC_PROFILE": str(folder / "kdc.conf")}


def _run(folder: Path, command: Sequence[str]) -> None:
    words = [program(command[0]), *command[1:]]
    done = subprocess.run(
        words, env=_environment(folder), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")


@contextmanager
def kdc(folder: Path, principals: Sequence[str]) -> Iterator[Kdc]:
    """A KDC that knows `principals`, each with a random key in a keytab of its own."""
    folder.mkdir(parents=True)
    port = free_port()
    values = {"realm": REALM, "folder": str(folder), "port": str(port)}
    (folder / "krb5.conf").write_text(KRB5_CONF.format(**values))
    (folder / "kdc.conf").write_text(KDC_CONF.format(**values))
    (folder / "acl").write_text("")
    _run(folder, ["kdb5_util", "create", "-s", "-r", REALM, "-P", "master"])
    made = Kdc(folder)
    for principal in principals:
        _run(folder, ["kadmin.local", "-r", REALM, "-q", f"addprinc -randkey {principal}@{REALM}"])
        _run(folder, ["kadmin.local", "-r", REALM, "-q", f"ktadd -k {made.keytab(principal)} {principal}@{REALM}"])
    with running([program("krb5kdc"), "-n", "-r", REALM], folder, port, 20, _environment(folder)):
        yield made
