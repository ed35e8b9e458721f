"""Time zones as step functions of UTC, the form in which the core reads them."""

from __future__ import annotations

import datetime as dt
import functools
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from argus_odbc.errors import DriverError

INT64_MIN = -(2**63)

_FIRST_YEAR, _LAST_YEAR = 1800, 2400
"""The years whose changes are looked for: before, zones keep one local time; the rules repeat every 400 years and
the one after the last year here is the year's own standard time."""

_STEP = 7 * 86400
"""Seconds between two samples: no zone has changed twice and back within a week."""

_FIXED = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?", re.IGNORECASE)


@functools.lru_cache(maxsize=64)
def zone_steps(name: str) -> tuple[list[int], list[int]]:
    """(UTC seconds, offsets in seconds): from second at[i] on, local time is UTC + offset[i]. at[0] is INT64_MIN.

    `name` is an IANA name, or an offset such as +02:00. DriverError HY000 when it is unknown.
    """
    fixed = _FIXED.fullmatch(name)
    if fixed:
        sign, hours, minutes, seconds = fixed.groups()
        offset = int(hours) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
        return [INT64_MIN], [-offset if sign == "-" else offset]
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise DriverError(
            "HY000", 0, f'The time zone "{name}" is not known here: {e}. Install the Python package tzdata.'
        ) from e
    if zone.key in ("UTC", "Etc/UTC", "GMT", "Etc/GMT"):
        return [INT64_MIN], [0]
    return _sample(zone)


def _offset(zone: ZoneInfo, at: int) -> int:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(seconds=at)
    shift = moment.astimezone(zone).utcoffset()
    return 0 if shift is None else int(shift.total_seconds())


def _sample(zone: ZoneInfo) -> tuple[list[int], list[int]]:
    """Walk through the years in steps and halve each interval in which the offset changes down to the second."""
    first = int(dt.datetime(_FIRST_YEAR, 1, 1, tzinfo=dt.timezone.utc).timestamp())
    last = int(dt.datetime(_LAST_YEAR, 1, 1, tzinfo=dt.timezone.utc).timestamp())
    at, offsets = [INT64_MIN], [_offset(zone, first)]
    low = first
    while low < last:
        high = min(low + _STEP, last)
        after = _offset(zone, high)
        if after != offsets[-1]:
            left, right = low, high
            while right - left > 1:
                middle = (left + right) // 2
                if _offset(zone, middle) == offsets[-1]:
                    left = middle
                else:
                    right = middle
            at.append(right)
            offsets.append(after)
        low = high
    return at, offsets
