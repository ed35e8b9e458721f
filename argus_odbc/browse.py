"""What a connection string still lacks: the dialogue of SQLBrowseConnect, and the completion of SQLDriverConnect.

Which keywords an engine needs and which it may have stands in the settings table (`required`, `label`, `LOGIN_NEEDS`) and
in the keywords that a backend declares. The strings are those of the SQLBrowseConnect page: `*` before what may be left
out, the user's word for a keyword after a colon, `{a,b}` for a choice and `?` for anything.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from argus_odbc import connstr
from argus_odbc.backends import known_backends, load_backend
from argus_odbc.errors import DriverError
from argus_odbc.settings import BUILT_IN, DATABASE_MEANS, KEYWORDS, LOGIN_NEEDS, Keyword

SERVER = ("host", "port", "ssl", "auth_mech", "uid", "pwd", "access_token")
"""What is asked for when the engine is known, as attributes of `Settings`."""
PLACE = ("database", "catalog", "schema", "read_only")
"""What is asked for when the server is known."""

SOURCES = ("dsn", "driver", "filedsn")
"""Keywords that choose what the dialogue is about, in its first request alone."""

NOT_IN_LISTS = frozenset(",{};")
"""Characters that the lists of the result string have no way to guard."""

Warning_ = tuple[str, int, str]
Ask = tuple[bool, str, Sequence[str]]
"""One entry of the result string: may be left out, `Keyword:label`, the values to choose from (none: any)."""


def _own(backend: str) -> Sequence[Keyword]:
    return load_backend(backend).keywords


def _reads(keyword: Keyword, backend: str) -> bool:
    return not keyword.backends or backend in keyword.backends


def lacking(values: Mapping[str, str]) -> list[Keyword]:
    """The keywords without which `values` (see `connstr.given_values`) cannot connect."""
    backend = values.get("backend", "").strip().lower()
    if not backend:
        return [KEYWORDS["backend"]] if "host" in values else []
    needed = [a for a, k in KEYWORDS.items() if k.required and _reads(k, backend)]
    login = KEYWORDS["auth_mech"]
    if _reads(login, backend):
        needed += LOGIN_NEEDS.get(login.read(values.get("auth_mech", "")), ())
    own = _own(backend)
    replaced = {k.instead_of for k in own if k.name.lower() in values}
    missing = [KEYWORDS[a] for a in needed if a not in values and KEYWORDS[a].name not in replaced]
    return missing + [k for k in own if k.required and k.name.lower() not in values]


def require(text: str) -> None:
    """What SQL_DRIVER_COMPLETE would ask for in a dialog is an error that names it: a driver of this kind has no window."""
    missing = [k.name for k in lacking(connstr.given_values(text))]
    if missing:
        names = ", ".join(missing)
        raise DriverError(
            "IM008",
            0,
            f"The connection string lacks {names}, and the driver has no window to ask for it: add it to the string",
        )


class Browse:
    """The calls of SQLBrowseConnect on one connection handle, until it is open or was given up."""

    def __init__(self) -> None:
        self._text = ""
        self._level = 0
        self.warnings: list[Warning_] = []

    def step(self, text: str, login_timeout: int) -> str:
        """Take one browse request; answers the browse result string, "" when `text` can connect.

        An attribute that cannot be taken here is a warning 01S00, and the same level is asked again.
        """
        self.warnings = []
        refused = self._take(text)
        values = connstr.given_values(self._text)
        asks = self._next(values, login_timeout, again=refused)
        return "".join(_written(one) for one in asks)

    @property
    def text(self) -> str:
        """The connection string that was put together."""
        return self._text

    def _take(self, text: str) -> bool:
        """Add the request to what was given; True when a part of it cannot be."""
        before = connstr.given_values(self._text) if self._level else {}
        pairs = connstr.parse_connection_string(self._text)
        for key, value in connstr.parse_connection_string(text, self.warnings):
            where = connstr.attribute(key)
            if self._level and (where in before or where in SOURCES):
                self.warnings.append(("01S00", 0, f'The keyword "{key}" was settled earlier and was ignored'))
            elif value != "":
                pairs.append((key, value))
        backend = connstr.given_values(connstr.format_connection_string(pairs)).get("backend", "")
        if backend:
            pairs = [pair for pair in pairs if self._fits(backend, pair)]
        self._text = connstr.format_connection_string(pairs)
        return any(state == "01S00" for state, _, _ in self.warnings)

    def _fits(self, backend: str, pair: tuple[str, str]) -> bool:
        """Whether the engine has the keyword; a value that cannot be ends the dialogue with its error."""
        if connstr.attribute(pair[0]) in SOURCES:
            return True
        _, _, warnings = connstr.resolve(
            connstr.format_connection_string([("Backend", backend), pair]), own_keywords=_own
        )
        self.warnings += warnings
        return not warnings

    def _next(self, values: Mapping[str, str], login_timeout: int, again: bool) -> list[Ask]:
        backend = values.get("backend", "").strip().lower()
        if not backend:
            self._level = 1
            return [(False, _named(KEYWORDS["backend"]), known_backends())]
        missing = lacking(values)
        if missing:
            self._level = 2
            rows = [KEYWORDS[a] for a in SERVER if a not in values] + [k for k in missing if k in _own(backend)]
            return [(k not in missing, _named(k), _choices(k)) for k in rows if _reads(k, backend)]
        if again:
            self._level = 3
            rows = [KEYWORDS[a] for a in PLACE if a not in values]
            return [(True, _named(k), _choices(k)) for k in rows if _reads(k, backend)]
        if self._level in (1, 2) and backend in BUILT_IN and not any(a in values for a in PLACE):
            self._level = 3
            return self._places(backend, login_timeout)
        return []

    def _places(self, backend: str, login_timeout: int) -> list[Ask]:
        """The optional last question: where in the server, or which file, to start; a server is asked what it has."""
        capabilities = load_backend(backend).capabilities
        names: dict[str, list[str]] = {}
        if _reads(KEYWORDS["host"], backend):
            names = self._listed(backend, login_timeout)
        asks: list[Ask] = []
        for attribute in PLACE:
            keyword = KEYWORDS[attribute]
            if not _reads(keyword, backend) or (attribute == "database" and backend in DATABASE_MEANS):
                continue
            if attribute == "catalog" and not capabilities.catalogs:
                continue
            asks.append((True, _named(keyword), names.get(attribute) or _choices(keyword)))
        return asks

    def _listed(self, backend: str, login_timeout: int) -> dict[str, list[str]]:
        """Catalogs, or schemas where there are none, of the server; this also proves the login."""
        settings, _, _ = connstr.resolve(self._text, own_keywords=_own)
        if login_timeout:
            settings = dataclasses.replace(settings, login_timeout=login_timeout)
        session = load_backend(backend).connect(settings)
        try:
            if session.capabilities.catalogs:
                return {"catalog": _sayable(session.get_catalogs())}
            return {"schema": _sayable(name for _, name in session.get_schemas(None))}
        finally:
            session.disconnect()


def _sayable(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if not NOT_IN_LISTS & set(name))


def _named(keyword: Keyword) -> str:
    return f"{keyword.name}:{keyword.label or keyword.name}"


def _choices(keyword: Keyword) -> list[str]:
    if keyword.kind == "flag":
        return ["0", "1"]
    return [value for value in keyword.choices if value]


def _written(ask: Ask) -> str:
    optional, named, choices = ask
    values = "{" + ",".join(choices) + "}" if choices else "?"
    return f"{'*' if optional else ''}{named}={values};"
