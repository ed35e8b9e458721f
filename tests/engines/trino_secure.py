"""A Trino with HTTPS, every way to log in (password, JWT, OAuth 2, Kerberos, client certificate), and a spool in an S3
server of its own. One server for all of them, since a start costs 20 seconds."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fakes.openid import CLIENT, SECRET, OpenId, jwt

from .kdc import Kdc, kdc
from .process import BUILD, free_port
from .spool import Store, object_store
from .trino import trino_server

USERS = {"alice": "a;b}c{ü\"'%", "admin": "admin-pw"}
"""Passwords with what connection strings have to guard."""

PRINCIPALS = ("trino/localhost", "alice", "kerry")
"""The server's, and two users'."""

CA = "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign"


@dataclass(frozen=True)
class SecureServer:
    """Where it listens, and the folder of keys and certificates."""

    port: int
    plain_port: int
    keys: Path
    store: Store
    kdc: Kdc
    openid: OpenId

    def token(self, subject: str, seconds: int = 3600) -> str:
        """A JWT that the server takes for `seconds`, signed by openssl."""
        return jwt(self.keys / "jwt.key", {"sub": subject, "exp": int(time.time()) + seconds})


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_keys(folder: Path) -> None:
    """ca.pem; server.pem for localhost; other.pem for another name; client.crt and client.key of alice; jwt.key, jwt.pub."""
    _openssl(
        folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", "ca.key", "-out", "ca.pem",
        "-subj", "/CN=Argus Test CA", *CA.split(),
    )  # fmt: skip
    for name, subject, extension in (
        ("server", "/CN=localhost", "subjectAltName=DNS:localhost"),
        ("client", "/CN=alice", "extendedKeyUsage=clientAuth"),
    ):
        (folder / f"{name}.ext").write_text(extension + "\n")
        _openssl(
            folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject
        )  # fmt: skip
        _openssl(
            folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "2", "-out", f"{name}.crt", "-extfile", f"{name}.ext",
        )  # fmt: skip
    chain = [(folder / name).read_text() for name in ("server.key", "server.crt", "ca.pem")]
    (folder / "server.pem").write_text("".join(chain))
    for name in ("jwt", "openid"):
        _openssl(folder, "genrsa", "-out", f"{name}.key", "2048")
    _openssl(folder, "rsa", "-in", "jwt.key", "-pubout", "-out", "jwt.pub")


def password_line(user: str, password: str) -> str:
    """An entry of Trino's password file: PBKDF2 with HMAC-SHA1 (docs: password file authentication)."""
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha1", password.encode(), salt, 1000, 64)
    return f"{user}:1000:{salt.hex()}:{key.hex()}\n"


RULES = {
    "catalogs": [{"allow": "all"}],
    "impersonation": [{"original_user": "admin", "new_user": ".*"}],
    "tables": [
        {"user": "admin", "privileges": ["OWNERSHIP", "SELECT", "INSERT", "DELETE"]},
        {"catalog": "tpch", "schema": "tiny", "table": "customer", "privileges": []},
        {"privileges": ["SELECT", "OWNERSHIP", "INSERT"]},
    ],
}


@contextmanager
def secure_server() -> Iterator[SecureServer]:
    """All of them; their ports are free ones."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="keys-", dir=BUILD) as name, ExitStack() as started:
        keys, https_port = Path(name), free_port()
        store = started.enter_context(object_store(keys / "s3"))
        make_keys(keys)
        realm = started.enter_context(kdc(keys / "krb5", PRINCIPALS))
        openid = started.enter_context(OpenId(keys / "openid.key"))
        oauth, krb5 = "http-server.authentication.oauth2", "http-server.authentication.krb5"
        config = {
            "http-server.https.enabled": "true",
            "http-server.https.port": str(https_port),
            "http-server.https.keystore.path": str(keys / "server.pem"),
            "http-server.https.truststore.path": str(keys / "ca.pem"),
            "internal-communication.shared-secret": base64.b64encode(os.urandom(24)).decode(),
            "http-server.authentication.type": "CERTIFICATE,KERBEROS,PASSWORD,OAUTH2,JWT",
            f"{krb5}.service-name": "trino",
            f"{krb5}.principal-hostname": "localhost",
            f"{krb5}.keytab": str(realm.keytab("trino/localhost")),
            f"{krb5}.user-mapping.pattern": "([^@]+)@.*",
            "http.authentication.krb5.config": str(realm.config),
            f"{oauth}.oidc.discovery": "false",
            f"{oauth}.issuer": openid.url,
            f"{oauth}.auth-url": f"{openid.url}/authorize",
            f"{oauth}.token-url": f"{openid.url}/token",
            f"{oauth}.jwks-url": f"{openid.url}/keys",
            f"{oauth}.client-id": CLIENT,
            f"{oauth}.client-secret": SECRET,
            f"{oauth}.max-clock-skew": "0s",
            "web-ui.enabled": "false",
            "query.client.timeout": "4s",
            "http-server.authentication.jwt.key-file": str(keys / "jwt.pub"),
            "http-server.authentication.certificate.user-mapping.pattern": "CN=(.*)",
            **store.config(),
        }
        files = {
            "password-authenticator.properties": "password-authenticator.name=file\nfile.password-file={etc}/passwords\n",
            "passwords": "".join(password_line(user, password) for user, password in USERS.items()),
            **store.files(),
            "access-control.properties": "access-control.name=file\nsecurity.config-file={etc}/rules.json\n",
            "rules.json": json.dumps(RULES),
        }
        server = started.enter_context(trino_server(config, files))
        yield SecureServer(https_port, server.port, keys, store, realm, openid)
