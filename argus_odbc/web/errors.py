"""What an HTTP answer that is no success says, and requests without an answer, as DriverErrors."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from argus_odbc.errors import DriverError
from argus_odbc.web.http import Answer, Broken

BUSY = (429, 502, 503, 504)
"""Answers after which the same request may be sent again."""

REDIRECTS = (301, 302, 303, 307, 308)


def retry_after(answer: Answer) -> float:
    """Seconds that a busy server asks for, as a number or as a date (RFC 9110, 10.2.3); 0 when it does not say."""
    text = answer.header("retry-after").strip()
    if re.fullmatch(r"[0-9]{1,4}", text):
        return float(text)
    until = _moment(text)
    # By the server's own clock where it tells it: the two need not agree.
    now = _moment(answer.header("date")) or datetime.now(timezone.utc)
    return max(0.0, (until - now).total_seconds()) if until else 0.0


def _moment(text: str) -> datetime | None:
    """An HTTP date."""
    try:
        return parsedate_to_datetime(text).replace(tzinfo=timezone.utc)
    except (ValueError, TypeError, IndexError):
        return None


def page_text(answer: Answer) -> str:
    """The first line of an error's body; a page of HTML shortened to its title."""
    body = bytes(answer.body[:20000]).decode("utf-8", "replace").strip()
    if "<html" in body.lower() or body.lower().startswith("<!doctype"):
        title = re.search(r"<title[^>]*>\s*([^<]{1,120})", body, re.IGNORECASE)
        return f'a page titled "{title[1].strip()}"' if title else "a page of HTML"
    first = body.splitlines()[0] if body else ""
    return first[:500]


def redirected(answer: Answer, where: str, state: str) -> DriverError:
    """The refusal to follow a redirect."""
    target = answer.header("location") or "nowhere"
    return DriverError(
        state,
        answer.status,
        f"{where} redirects to {target.split('?')[0]}; redirects are not followed, because they would take the "
        "login along: give that address as Host, Port and SSL",
    )


def ways_to_log_in(answer: Answer) -> str:
    """The schemes of WWW-Authenticate, for a message."""
    ways = ", ".join(sorted({v.split(" ")[0] for v in answer.headers.get("www-authenticate", [])}))
    return f" (it takes: {ways})" if ways else ""


def unreachable(e: Broken, where: str, timeout: float) -> DriverError:
    """The error for a server that could not be connected to."""
    if e.timed_out:
        return DriverError("HYT00", 0, f"No answer from {where} within {timeout:g} seconds (LoginTimeout)")
    return DriverError("08001", 0, f"No connection to {where}: {e.reason}; correct Host and Port, or start the server")


def lost(e: Broken, where: str, timeout: float) -> DriverError:
    """The error for a request of an open session that got no answer."""
    if e.timed_out and e.sent:
        return DriverError("HYT01", 0, f"{where} did not answer within {timeout:g} seconds (SocketTimeout)")
    return DriverError("08S01", 0, f"The connection to {where} is lost: {e.reason}")
