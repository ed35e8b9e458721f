"""Every keyword of a connection string, as rows of one table: the fields of `Settings`.

A field's `Keyword` holds the name that users type, the names that users of other drivers know, the type, and the help
that docs/connecting.md prints. Nothing else in the driver spells a keyword.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from argus_odbc.errors import DriverError

HS2 = ("hive", "impala", "spark")
SERVERS = (*HS2, "trino")
BUILT_IN = ("duckdb", *SERVERS)

TRUE = ("1", "true", "yes", "on", "y", "t")
FALSE = ("0", "false", "no", "off", "n", "f")


@dataclass(frozen=True)
class Keyword:
    """One connection keyword."""

    name: str
    """As users type it; compared without regard to case."""
    help: str
    kind: str = "text"
    """text, secret, integer, flag, choice, pairs."""
    aliases: tuple[str, ...] = ()
    """Names that other drivers have for it."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """kind choice: canonical value to the other spellings of it."""
    low: int = 0
    high: int = 2**31 - 1
    backends: tuple[str, ...] = ()
    """Built-in backends that read it; empty: all."""
    label: str = ""
    """What SQLBrowseConnect calls it for the user; empty: it does not ask for it."""
    required: bool = False
    """A connection of its backends cannot be opened without it."""
    instead_of: str = ""
    """Keyword that need not be given where this one is."""

    @property
    def secret(self) -> bool:
        return self.kind == "secret"

    def read(self, text: str) -> Any:
        """The value that `text` stands for; a DriverError that names the keyword (never a secret's value) when none."""
        return READERS[self.kind](self, text)


def _read_text(_: Keyword, text: str) -> str:
    return text


def _read_integer(key: Keyword, text: str) -> int:
    digits = text.strip().replace("_", "")
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", digits):
        raise refused(key, text, f"a whole number from {key.low} to {key.high}")
    value = int(digits)
    if not key.low <= value <= key.high:
        raise refused(key, text, f"a whole number from {key.low} to {key.high}")
    return value


def _read_flag(key: Keyword, text: str) -> bool:
    word = text.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise refused(key, text, "1 or 0 (also yes/no, true/false, on/off)")


def _read_choice(key: Keyword, text: str) -> str:
    word = text.strip().lower()
    for canonical, others in key.choices.items():
        if word == canonical.lower() or word in (o.lower() for o in others):
            return canonical
    raise refused(key, text, "one of " + ", ".join(key.choices))


def _read_pairs(key: Keyword, text: str) -> dict[str, str]:
    """`a=1;b=2` or `a=1,b=2`; a semicolon anywhere makes it the separator, so that values may hold commas."""
    pairs = {}
    for part in text.split(";" if ";" in text else ","):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            raise refused(key, text, "name=value pairs, separated by semicolons (inside braces) or commas")
        pairs[name.strip()] = value.strip()
    return pairs


READERS = {
    "text": _read_text,
    "secret": _read_text,
    "integer": _read_integer,
    "flag": _read_flag,
    "choice": _read_choice,
    "pairs": _read_pairs,
}


def refused(key: Keyword, text: str, wanted: str) -> DriverError:
    """The error for a value that a keyword cannot take."""
    shown = "its value" if key.secret else f'"{text}"'
    return DriverError("HY000", 0, f"The keyword {key.name} cannot be {shown}: give {wanted}")


def key(name: str, default: Any, help: str, **row: Any) -> Any:
    """A field of `Settings` with its `Keyword`."""
    keyword = Keyword(name, help, **row)
    metadata = {"keyword": keyword}
    if isinstance(default, dict):
        return field(default_factory=dict, repr=not keyword.secret, metadata=metadata)
    return field(default=default, repr=not keyword.secret, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """What a connection was asked for. `repr` leaves the secrets out."""

    # ---- where ----
    backend: str = key(
        "Backend",
        "",
        "The engine: duckdb, spark, hive, impala, trino, or what an installed package announces. "
        "Left out, a connection without a Host is embedded DuckDB.",
        aliases=("Engine", "DatabaseType"),
        label="Engine",
    )
    host: str = key(
        "Host",
        "",
        "Server name or address, also `name:port`; an IPv6 address with a port in brackets.",
        aliases=("Server", "HostName", "Address", "Servername"),
        backends=SERVERS,
        label="Server",
        required=True,
    )
    port: int = key(
        "Port",
        0,
        "TCP port; 0 stands for the engine's usual one.",
        kind="integer",
        high=65535,
        aliases=("PortNumber", "TCPPort"),
        backends=SERVERS,
        label="Port",
    )
    database: str = key(
        "Database",
        "",
        "DuckDB: a file, or `:memory:` (the default). Spark, Hive and Impala: same as Schema. Trino: same as Catalog.",
        aliases=("DB", "DBQ", "DatabaseName", "InitialCatalog", "Initial Catalog"),
        label="Database",
    )
    catalog: str = key("Catalog", "", "Catalog to start in.", backends=("duckdb", "spark", "trino"), label="Catalog")
    schema: str = key(
        "Schema",
        "",
        "Schema (database of Spark, Hive and Impala) to start in.",
        aliases=("DefaultSchema", "CurrentSchema"),
        label="Schema",
    )
    http_path: str = key(
        "HTTPPath",
        "",
        "Path of the server's URL, where Thrift travels over HTTP, with a query where the gateway wants one; left out: "
        "cliservice.",
        backends=HS2,
    )
    transport: str = key(
        "Transport",
        "binary",
        "How Thrift travels: `binary` (framed by SASL, or bare with AuthMech=NOSASL) or `http`.",
        kind="choice",
        aliases=("TransportMode", "ThriftTransport"),
        choices={"binary": ("0", "1", "sasl"), "http": ("2",)},
        backends=HS2,
    )

    # ---- who ----
    uid: str = key(
        "UID", "", "User name.", aliases=("User", "Username", "UserID", "User ID", "LoginName"), label="User name"
    )
    pwd: str = key("PWD", "", "Password.", kind="secret", aliases=("Password", "Pass"), label="Password")
    access_token: str = key(
        "AccessToken",
        "",
        "Token for AuthMech=JWT.",
        kind="secret",
        aliases=("Auth_AccessToken", "Token", "JWT", "JWTString"),
        backends=SERVERS,
        label="Access token",
    )
    auth_mech: str = key(
        "AuthMech",
        "AUTO",
        "How to log in. AUTO: what the engine takes by default, with the UID and PWD that are there. "
        "NOSASL: bare Thrift, no login. USER: a name without a password. PLAIN: name and password. KERBEROS: a ticket. "
        "JWT: a token. OAUTH2: a login in the browser (Trino). The numbers are those of other drivers.",
        kind="choice",
        aliases=("AuthMechanism", "Auth_Mech", "Authentication", "AuthenticationType", "Auth"),
        choices={
            "AUTO": ("",),
            "NOSASL": ("0",),
            "USER": ("2", "NONE", "USERNAME"),
            "PLAIN": ("3", "LDAP", "PASSWORD", "BASIC", "CUSTOM", "PAM"),
            "KERBEROS": ("1", "GSSAPI", "KRB5", "SPNEGO", "NEGOTIATE"),
            "JWT": ("11", "TOKEN", "BEARER"),
            "OAUTH2": ("OAUTH", "EXTERNAL", "BROWSER"),
        },
        backends=SERVERS,
        label="Login",
    )
    delegation_uid: str = key(
        "DelegationUID",
        "",
        "User to act for, when the server lets UID do so.",
        aliases=("ImpersonatedUser", "SessionUser", "DoAs", "ProxyUser"),
        backends=SERVERS,
    )
    krb_service_name: str = key(
        "KrbServiceName",
        "",
        "Service part of the server's Kerberos principal; left out: HTTP.",
        aliases=("KerberosServiceName", "KerberosRemoteServiceName", "KrbSrvName"),
        backends=SERVERS,
    )
    krb_host_fqdn: str = key(
        "KrbHostFQDN",
        "",
        "Host part of the server's Kerberos principal; left out or `_HOST`: Host.",
        aliases=("KerberosHostFQDN", "KrbHost"),
        backends=SERVERS,
    )
    krb_realm: str = key(
        "KrbRealm",
        "",
        "Realm of the server's Kerberos principal; left out: the default realm.",
        aliases=("KerberosRealm",),
        backends=SERVERS,
    )

    # ---- TLS ----
    ssl: bool = key(
        "SSL",
        False,
        "Encrypt the connection with TLS.",
        kind="flag",
        aliases=("UseSSL", "UseTLS", "TLS", "EncryptConnection"),
        backends=SERVERS,
        label="Encryption",
    )
    ssl_ca_file: str = key(
        "SSLCAFile",
        "",
        "PEM file or folder of the certificates to trust; left out: the system's.",
        aliases=("TrustedCerts", "CAFile", "SSLCACert", "CACert", "SSLTrustStorePath", "TrustStore"),
        backends=SERVERS,
    )
    ssl_verification: str = key(
        "SSLVerification",
        "full",
        "`full`: the certificate must be trusted and name the host; `ca`: trusted is enough; "
        "`none`: anything is taken, which lets others listen in.",
        kind="choice",
        aliases=("SSLVerify", "VerifySSL"),
        choices={"full": ("1", "true", "yes"), "ca": (), "none": ("0", "false", "no")},
        backends=SERVERS,
    )
    ssl_min_version: str = key(
        "SSLMinVersion",
        "1.2",
        "Lowest version of TLS to accept.",
        kind="choice",
        aliases=("Min_TLS", "MinTLS"),
        choices={"1.2": ("tls1.2", "tlsv1.2"), "1.3": ("tls1.3", "tlsv1.3")},
        backends=SERVERS,
    )
    ssl_client_cert: str = key(
        "SSLClientCert",
        "",
        "PEM file of this side's certificate.",
        backends=SERVERS,
        aliases=("ClientCert", "SSLCert", "ClientCertificate", "SSLKeyStorePath"),
    )
    ssl_client_key: str = key(
        "SSLClientKey",
        "",
        "PEM file of its private key; left out: the certificate's file.",
        aliases=("ClientPrivateKey", "SSLKey"),
        backends=SERVERS,
    )
    ssl_client_key_password: str = key(
        "SSLClientKeyPassword",
        "",
        "Password of the private key.",
        kind="secret",
        aliases=("ClientPrivateKeyPassword", "SSLKeyStorePassword"),
        backends=SERVERS,
    )

    # ---- how ----
    read_only: bool = key(
        "ReadOnly",
        False,
        "Open the database for reading only.",
        kind="flag",
        aliases=("AccessMode_ReadOnly", "Read_Only"),
        backends=("duckdb",),
        label="Read only",
    )
    string_length: int = key(
        "StringLength",
        65535,
        "Column size that is reported for strings without a declared length. It is metadata only: no "
        "value is cut by it.",
        kind="integer",
        low=1,
        high=2**31 - 1,
        aliases=("DefaultStringColumnLength", "StringColumnLength", "DefaultVarcharLength", "MaxVarcharSize"),
    )
    login_timeout: int = key(
        "LoginTimeout",
        30,
        "Seconds that a connect may take; 0 = no limit. What the application sets as SQL_ATTR_LOGIN_TIMEOUT wins.",
        kind="integer",
        aliases=("ConnectTimeout", "LT", "ConnectionTimeout", "Connect Timeout"),
    )
    query_timeout: int = key(
        "QueryTimeout",
        0,
        "Seconds that a statement may take, fetch included; 0 = no limit. What the "
        "application sets as SQL_ATTR_QUERY_TIMEOUT wins.",
        kind="integer",
        aliases=("StatementTimeout", "QT"),
    )
    socket_timeout: int = key(
        "SocketTimeout",
        300,
        "Seconds that one answer of the server may take; 0 = no limit.",
        kind="integer",
        backends=SERVERS,
    )
    allow_plain_password: bool = key(
        "AllowPlainPassword",
        False,
        "Send passwords and tokens over HTTP too, where everybody on the way can read them.",
        kind="flag",
        backends=SERVERS,
    )
    compression: str = key(
        "Compression",
        "auto",
        "Answers packed by the server: `auto` asks for `gzip` on slow links only, because packing costs the server more "
        "time than a fast link needs; `identity` never.",
        kind="choice",
        choices={"auto": (), "gzip": ("1", "true", "yes", "on"), "identity": ("0", "false", "no", "off", "none")},
        backends=("trino",),
    )
    fetch_size: int = key(
        "FetchSize",
        0,
        "Rows to ask the server for at a time; 0 = the backend's choice. The size of the "
        "application's row set is its own.",
        kind="integer",
        high=10_000_000,
        backends=SERVERS,
        aliases=("RowsFetchedPerBlock", "FetchBufferSize", "BatchSize", "MaxRowsPerFetch"),
    )
    cursor_memory: int = key(
        "CursorMemory",
        64,
        "Megabytes of rows that a scrollable cursor keeps in memory; the others lie in a temporary file in TMPDIR.",
        kind="integer",
        high=1_000_000,
    )
    time_zone: str = key(
        "TimeZone", "", "Time zone of the session, such as Europe/Vienna.", aliases=("SessionTimeZone", "TZ")
    )
    session_properties: Mapping[str, str] = key(
        "SessionProperties",
        {},
        "Settings of the server's session: `{a=1;b=2}`. `SSP_a=1` sets one of them too.",
        kind="pairs",
        aliases=("HiveConf", "ServerSideProperties", "SessionParameters"),
    )

    # ---- log ----
    log_level: str = key(
        "LogLevel",
        "",
        "OFF, ERROR, WARNING, INFO, DEBUG or TRACE; left out: ARGUS_LOG_LEVEL, else OFF.",
        kind="choice",
        choices={
            "": (),
            "OFF": ("0", "none"),
            "ERROR": ("1", "2", "fatal", "critical"),
            "WARNING": ("3", "warn"),
            "INFO": ("4",),
            "DEBUG": ("5",),
            "TRACE": ("6", "all"),
        },
    )
    log_file: str = key(
        "LogFile",
        "",
        "File, or folder for one file a process; left out: ARGUS_LOG_FILE, else standard error.",
        aliases=("LogPath", "Log_File"),
    )

    # ---- not keywords ----
    dsn: str = ""
    """Name of the data source, for SQL_DATA_SOURCE_NAME."""
    own: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Values of the keywords that the backend itself declares (`Backend.keywords`), by their names in lower case."""

    def addresses(self, default_port: int) -> list[tuple[str, int]]:
        """(host, port) of each server in `Host`, which may name several, separated by commas."""
        found = []
        for part in self.host.split(","):
            name, port = _split_address(part.strip())
            if name:
                found.append((name, port or self.port or default_port))
        return found


def _split_address(text: str) -> tuple[str, int]:
    """`name`, `name:port`, `[v6]:port` or a bare IPv6 address; port 0 when there is none."""
    match = re.fullmatch(r"\[([^\]]*)\](?::([0-9]{1,5}))?", text) or re.fullmatch(r"([^:\[\]]*):([0-9]{1,5})", text)
    if match:
        port = int(match[2] or 0)
        if port > 65535:
            raise refused(KEYWORDS["host"], text, "name:port with a port up to 65535")
        return match[1], port
    if ":" in text and text.count(":") < 2:
        raise refused(KEYWORDS["host"], text, "a name, name:port or [IPv6 address]:port")
    return text, 0


KEYWORDS: dict[str, Keyword] = {f.name: f.metadata["keyword"] for f in fields(Settings) if "keyword" in f.metadata}
"""Attribute of `Settings` to its keyword, in the order of the documentation."""

DATABASE_MEANS = {"hive": "schema", "impala": "schema", "spark": "schema", "trino": "catalog"}
"""Engines without database files, and the attribute that `Database` fills there when it was not given itself."""

LOGIN_NEEDS = {"PLAIN": ("uid", "pwd"), "JWT": ("access_token",)}
"""Value of AuthMech to the attributes that it makes required."""

TRANSLATED: dict[str, tuple[str, dict[str, str]]] = {
    "AllowSelfSignedServerCert": ("SSLVerification", {"1": "none", "0": ""}),
    "AllowHostNameCNMismatch": ("SSLVerification", {"1": "ca", "0": ""}),
    "CAIssuedCertNamesMismatch": ("SSLVerification", {"1": "ca", "0": ""}),
}
"""Switches of other drivers that are a value of one of our keywords; "" = our default."""

NO_EFFECT = (
    "ApplySSPWithQueries",
    "AsyncExecPollInterval",
    "AutoReconnect",
    "BinaryColumnLength",
    "CatalogSchemaSwitch",
    "CPTimeout",
    "CPTimeToLive",
    "DecimalColumnScale",
    "Description",
    "DontDLClose",
    "DriverManagerEncoding",
    "DriverODBCVer",
    "DriverUnicodeEncoding",
    "DriverUnicodeType",
    "EnableAsyncExec",
    "ErrorMessagesPath",
    "FastSQLPrepare",
    "FileUsage",
    "FixUnquotedDefaultSchemaNameInQuery",
    "GetTablesWithQuery",
    "HiveServerType",
    "InvalidSessionAutoRecover",
    "LCaseSspKeyName",
    "Pooling",
    "SaveFile",
    "Setup",
    "SparkServerType",
    "Threading",
    "Trace",
    "TraceFile",
    "TwoWaySSL",
    "UsageCount",
    "UseNativeQuery",
    "UserAgentEntry",
    "UseSystemTrustStore",
    "UseUnicodeSqlCharacterTypes",
)
"""Keywords of driver managers and other drivers that are taken without a word: what they switch on is always so here."""

SESSION_PREFIX = "SSP_"
"""`SSP_name=value` sets one session property."""


def attribute_names(keywords: Mapping[str, Keyword] = KEYWORDS) -> dict[str, str]:
    """Every spelling of every keyword, in lower case, to its attribute."""
    return {
        spelling.lower(): attribute
        for attribute, keyword in keywords.items()
        for spelling in (keyword.name, *keyword.aliases)
    }
