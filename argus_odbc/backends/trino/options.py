"""Keywords that only Trino has, and all keywords turned into the state that travels with every statement."""

from __future__ import annotations

import re
from urllib.parse import quote

from argus_odbc.backends.trino.protocol import SessionState, local_zone, pairs
from argus_odbc.errors import DriverError
from argus_odbc.settings import Keyword, Settings
from argus_odbc.web import keywords
from argus_odbc.web.keywords import own
from argus_odbc.web.login import Login

OWN = ("trino",)

KEYWORDS = (
    *keywords.KEYWORDS,
    Keyword("Source", "The program's name beside its queries on the server.", aliases=("ApplicationName",), backends=OWN),
    Keyword("ClientTags", "Tags for the server's resource groups, separated by commas.", backends=OWN),
    Keyword("ClientInfo", "Text that the server keeps with each query.", backends=OWN),
    Keyword("TraceToken", "Token that the server writes into its log with each query.", backends=OWN),
    Keyword("TraceParent", "Trace context of W3C (`00-trace-span-01`) that the server's spans belong to.", backends=OWN),
    Keyword(
        "Roles", "Roles to act in: `admin`, `ALL` or `NONE` of the system, or `catalog=role` for each catalog.", kind="text",
        aliases=("Role", "SessionRole"), backends=OWN,
    ),
    Keyword(
        "ExtraCredentials", "Further credentials for connectors: `{name=value;...}`.", kind="secret", backends=OWN,
        aliases=("ExtraCredential",),
    ),
    Keyword("ResourceEstimates", "`EXECUTION_TIME=1h,CPU_TIME=10h,PEAK_MEMORY=1GB`.", kind="pairs", backends=OWN),
    Keyword("Path", "SQL path: where functions without a schema are looked for.", aliases=("SQLPath",), backends=OWN),
    Keyword("Locale", "Language tag such as `fr-FR`, for functions that give words.", aliases=("Language",), backends=OWN),
    Keyword(
        "OAuth2Login", "AuthMech=OAUTH2: open the login's address in the browser (`browser`), or print it to standard error "
        "(`print`), as happens where no browser can be opened.", kind="choice", choices={"browser": ("open",), "print": ()},
        backends=OWN,
    ),
    Keyword("OAuth2Timeout", "AuthMech=OAUTH2: seconds that somebody may take to log in; left out: 120.", kind="integer", low=1,
        high=3600, aliases=("ExternalAuthenticationTimeout",), backends=OWN),
    Keyword(
        "TokenCache", "AuthMech=OAUTH2: `memory` logs in once for the process; `keyring` keeps the token in the system's keyring "
        "(needs the package keyring); `none` logs in for each connection.", kind="choice",
        choices={"memory": (), "keyring": ("system",), "none": ("0", "off")},
        aliases=("ExternalAuthenticationTokenCache",), backends=OWN,
    ),
    Keyword(
        "ZonedTimestamps", "`timestamp with time zone` as a timestamp in the session's zone, or as the server's text.",
        kind="choice", choices={"local": (), "text": ()}, backends=OWN,
    ),
    Keyword(
        "Intervals", "Intervals as ODBC's interval types, or as the server's text.", kind="choice",
        choices={"odbc": (), "text": ()}, backends=OWN,
    ),
    Keyword(
        "Spooling", "Results out of the server's spool, where it has one: `auto`, one encoding alone, or `off`.", kind="choice",
        choices={"auto": ("1", "on", "true"), "json+zstd": ("zstd",), "json+lz4": ("lz4",), "json": (), "off": ("0", "false")},
        backends=OWN,
    ),
    Keyword(
        "KeepAlive", "Seconds after which a result that is not read is kept alive on the server; 0 = never, so that the server "
        "ends it after its query.client.timeout. Left out: 60.", kind="integer", high=86400, backends=OWN,
    ),
    Keyword(
        "TargetResultSize", "Size of a page to ask the server for, such as `16MB`. Trino heeds it up to some release before 476; "
        "later ones choose by themselves.", backends=OWN,
    ),
    Keyword("SpoolingThreads", "Segments to fetch from the spool at a time.", kind="integer", low=1, high=32, backends=OWN),
)  # fmt: skip


def session_state(settings: Settings, login: Login) -> SessionState:
    """The state with which a connection begins."""
    return SessionState(
        user=settings.delegation_uid or login.user,
        original_user=login.user if settings.delegation_uid else "",
        source=own(settings, "Source") or "argus-odbc",
        catalog=settings.catalog or settings.database,
        schema=settings.schema,
        time_zone=settings.time_zone or local_zone(),
        path=own(settings, "Path"),
        language=own(settings, "Locale"),
        properties=dict(settings.session_properties),
        roles=roles(own(settings, "Roles")),
        fixed={
            "X-Trino-Client-Tags": own(settings, "ClientTags"),
            "X-Trino-Client-Info": own(settings, "ClientInfo"),
            "X-Trino-Trace-Token": own(settings, "TraceToken"),
            "traceparent": own(settings, "TraceParent"),
            "X-Trino-Extra-Credential": pairs(keywords.secret_pairs(settings, "ExtraCredentials")),
            "X-Trino-Resource-Estimate": ",".join(
                f"{name}={quote(value)}" for name, value in own(settings, "ResourceEstimates", {}).items()
            ),
            **keywords.custom_headers(settings),
        },
    )


def roles(text: str) -> dict[str, str]:
    """X-Trino-Role's values: `ALL`, `NONE` or `ROLE{name}` of each catalog, `system` for one alone."""
    found = {}
    for part in re.split(r"[;,]", text):
        catalog, equals, name = part.rpartition("=")
        name = name.strip()
        if not name:
            continue
        role = name.upper() if name.upper() in ("ALL", "NONE") else f"ROLE{{{name}}}"
        found[catalog.strip() if equals else "system"] = role
    return found


def page_size(text: str) -> str:
    """The keyword TargetResultSize as a query of the URL; a data size of Trino's (airlift's DataSize)."""
    if not text:
        return ""
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?(B|kB|MB|GB)", text.strip()):
        raise DriverError(
            "HY000", 0, f'The keyword TargetResultSize cannot be "{text}": give a size such as 16MB or 512kB'
        )
    return f"targetResultSize={text.strip()}"
