"""Trino's statement protocol: request headers out of the session's state, that state out of the answers' headers."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import available_timezones

from argus_odbc import native
from argus_odbc.errors import DriverError
from argus_odbc.web.http import Answer

CAPABILITIES = "PATH,PARAMETRIC_DATETIME,SESSION_AUTHORIZATION"
"""Without the second the server rounds times to milliseconds."""


@dataclass
class SessionState:
    """What travels with every statement. Responses change it; one lock guards it."""

    user: str
    source: str = "argus-odbc"
    catalog: str = ""
    schema: str = ""
    time_zone: str = ""
    path: str = ""
    language: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    prepared: dict[str, str] = field(default_factory=dict)
    """Values as the server sent them, escaped."""
    fixed: dict[str, str] = field(default_factory=dict)
    """Headers that never change: client tags, client info and so on."""
    original_user: str = ""
    """Who logged in, where `user` is whom the session acts for."""
    transaction: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def headers(self) -> dict[str, str]:
        """X-Trino-* of a request."""
        with self.lock:
            found = {
                "X-Trino-User": self.user,
                "X-Trino-Source": self.source,
                "X-Trino-Client-Capabilities": CAPABILITIES,
                "X-Trino-Transaction-Id": self.transaction or "NONE",
                "X-Trino-Time-Zone": self.time_zone,
                "X-Trino-Language": self.language,
                "X-Trino-Catalog": self.catalog,
                "X-Trino-Schema": self.schema if self.catalog else "",
                "X-Trino-Path": self.path,
                "X-Trino-Session": pairs(self.properties),
                "X-Trino-Role": pairs(self.roles),
                "X-Trino-Prepared-Statement": ",".join(f"{quote(k)}={v}" for k, v in self.prepared.items()),
                "X-Trino-Original-User": self.original_user,
                **self.fixed,
            }
        for name, value in found.items():
            if "\n" in value or "\r" in value:
                raise DriverError("HY000", 0, f"The value of {name} has a line break, which no header can hold")
        return {name: _as_header(value) for name, value in found.items() if value}

    def follow(self, answer: Answer) -> None:
        """Take over what the answer's headers change. They come more than once, which does no harm."""
        if not any(name.startswith("x-trino-") for name in answer.headers):
            return
        with self.lock:
            for name, values in answer.headers.items():
                change = _CHANGES.get(name)
                if change is not None:
                    for value in values:
                        change(self, value)

    def shown_zone(self) -> str:
        """The zone in which timestamps with zone are shown: SET TIME ZONE's, else the connection's."""
        with self.lock:
            return self.properties.get("time_zone_id") or self.time_zone or "UTC"


def _as_header(value: str) -> str:
    """Trino reads headers as Latin-1; what goes beyond has no form that it understands, and does no harm as UTF-8."""
    if value.isascii():
        return value
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8").decode("latin-1")
    return value


def pairs(values: Mapping[str, str]) -> str:
    """`a=1,b=2` with escaped values."""
    return ",".join(f"{quote(name)}={quote(value)}" for name, value in values.items())


def _set_authorization(state: SessionState, value: str) -> None:
    state.original_user = state.original_user or state.user
    state.user = unquote(value)
    state.roles.clear()


def _reset_authorization(state: SessionState, _: str) -> None:
    if state.original_user:
        state.user, state.original_user = state.original_user, ""


def _keep(target: str, unescape: bool = True) -> Any:
    def change(state: SessionState, value: str) -> None:
        for part in value.split(","):
            name, equals, content = part.strip().partition("=")
            if equals:
                getattr(state, target)[unquote(name)] = unquote(content) if unescape else content

    return change


def _drop(target: str) -> Any:
    def change(state: SessionState, value: str) -> None:
        for name in value.split(","):
            getattr(state, target).pop(unquote(name.strip()), None)

    return change


def _assign(target: str) -> Any:
    def change(state: SessionState, value: str) -> None:
        setattr(state, target, unquote(value))

    return change


_CHANGES = {
    "x-trino-set-catalog": _assign("catalog"),
    "x-trino-set-schema": _assign("schema"),
    "x-trino-set-path": _assign("path"),
    "x-trino-set-session": _keep("properties"),
    "x-trino-clear-session": _drop("properties"),
    "x-trino-set-role": _keep("roles"),
    "x-trino-added-prepare": _keep("prepared", unescape=False),
    "x-trino-deallocated-prepare": _drop("prepared"),
    "x-trino-started-transaction-id": _assign("transaction"),
    "x-trino-clear-transaction-id": lambda state, _: setattr(state, "transaction", ""),
    "x-trino-set-authorization-user": _set_authorization,
    "x-trino-reset-authorization-user": _reset_authorization,
}


# ---- answers ----


@dataclass
class Page:
    """One answer of the statement protocol (QueryResults). Rows stay bytes: data_start .. data_end of body."""

    query_id: str
    next_uri: str
    columns: Any
    error: Mapping[str, Any] | None
    update_type: str
    update_count: int | None
    warnings: list[Mapping[str, Any]]
    body: bytes | memoryview
    data_start: int = 0
    data_end: int = 0

    @property
    def has_data(self) -> bool:
        return self.data_end > self.data_start

    @property
    def columns_text(self) -> bytes:
        """`columns` as it came, where it stands right before the rows; else nothing."""
        head = bytes(self.body[: self.data_start]) if self.data_start < MOST_MARGIN else b""
        _, _, text = head.rpartition(b'"columns":')
        return text.removesuffix(b',"data":') if text.endswith(b',"data":') else b""

    @property
    def spooled(self) -> bool:
        """The data tell where the rows are."""
        return self.has_data and self.body[self.data_start] == ord("{")


MARGIN, MOST_MARGIN = 1 << 12, 1 << 16
"""Bytes at each end of a page in which the rows are expected to begin and to end: usually, and with many columns."""

_READ = frozenset(("id", "nextUri", "columns", "error", "updateType", "updateCount", "warnings"))


def read_page(answer: Answer, where: str) -> Page:
    """An answer with status 200 as a page; DriverError 08S01 for what is none."""
    body = answer.body
    found = _around_rows(body)
    if found is None:
        body = bytes(body)
        try:
            spans = native.json_members(body)
            values = {name: json.loads(body[start:end]) for name, start, end in spans if name in _READ}
        except (ValueError, RecursionError) as e:
            raise not_trino(answer, where, str(e)) from e
        data = [(s, e) for name, s, e in spans if name == "data" and body[s : s + 1] in (b"[", b"{")]
        found = values, *(data[-1] if data else (0, 0))
    values, start, end = found
    if not isinstance(values.get("id"), str) or not isinstance(values.get("nextUri", ""), str):
        raise not_trino(answer, where, "its JSON has no query id")
    error = values.get("error")
    count = values.get("updateCount")
    return Page(
        query_id=values["id"],
        next_uri=values.get("nextUri") or "",
        columns=values.get("columns"),
        error=error if isinstance(error, dict) else None,
        update_type=str(values.get("updateType") or ""),
        update_count=count if isinstance(count, int) else None,
        warnings=[w for w in values.get("warnings") or () if isinstance(w, dict)],
        body=body,
        data_start=start,
        data_end=end,
    )


def _around_rows(body: bytes | memoryview) -> tuple[dict[str, Any], int, int] | None:
    """What stands before and behind a page's rows, and where those are, without a look at them.

    The server waits for the request that follows, so the rows, which are nearly all of the body, are left to the decoder.
    None where the page does not look as Trino writes it. A quote inside a text is escaped, so the first `"data"` is the
    member, and a wrong cut leaves brackets open, which no JSON parser takes.
    """
    for margin in (MARGIN, MOST_MARGIN):
        head, tail = bytes(body[:margin]), bytes(body[-margin:])
        start, left = head.find(b',"data":['), tail.rfind(b'],"stats":{')
        if start >= 0 and left >= 0:
            break
    end = len(body) - len(tail) + left
    if start < 0 or left < 0 or end < start:
        return None
    try:
        values = json.loads(head[:start] + tail[left + 1 :])
    except (ValueError, RecursionError):
        return None
    return (values, start + 8, end + 1) if isinstance(values, dict) and "data" not in values else None


_NEXT_URI = re.compile(rb'"nextUri":("[^"\\\\]{1,2000}")')


def next_uri_of(beginning: bytes) -> str:
    """The nextUri of a page of which only the beginning is known; empty where it does not stand before the rows.

    A quote inside a text is escaped, so what matches before the rows is the member.
    """
    found = _NEXT_URI.search(beginning.partition(b',"data":')[0])
    try:
        return str(json.loads(found[1])) if found else ""
    except ValueError:
        return ""


def not_trino(answer: Answer, where: str, why: str) -> DriverError:
    """The error for an answer that is not of this protocol, with what it looks like."""
    kind = answer.header("content-type").split(";")[0] or "no content type"
    title = re.search(rb"<title[^>]*>\s*([^<]{1,80})", bytes(answer.body[:20000]), re.IGNORECASE)
    shown = f', a page titled "{title[1].decode("utf-8", "replace").strip()}"' if title else ""
    return DriverError(
        "08S01",
        answer.status,
        f"{where} does not answer as Trino does (HTTP {answer.status}, {kind}{shown}): {why}; check Host, Port and SSL",
    )


# ---- the client's own time zone ----


def local_zone() -> str:
    """The IANA name of this machine's time zone; UTC when it cannot be told."""
    candidates = [os.environ.get("TZ", "").lstrip(":")]
    link = Path("/etc/localtime")
    try:
        candidates.append(str(link.resolve()).partition("zoneinfo/")[2])
        candidates.append(Path("/etc/timezone").read_text("ascii").strip())
    except (OSError, UnicodeDecodeError):
        candidates.append("")
    known = available_timezones()
    for name in candidates:
        name = name.removeprefix("posix/").removeprefix("right/")
        if name in known and name not in ("localtime", "Factory"):
            return "UTC" if name in ("Etc/UTC", "UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal") else name
    return "UTC"
