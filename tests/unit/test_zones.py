"""Zones as step functions, compared with zoneinfo at and around every change."""

from __future__ import annotations

import bisect
import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from argus_odbc.errors import DriverError
from argus_odbc.zones import INT64_MIN, zone_steps

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize("name", ["Europe/Vienna", "America/New_York", "Africa/Casablanca", "Asia/Kathmandu"])
def test_steps_are_those_of_zoneinfo(name):
    at, offsets = zone_steps(name)
    assert at[0] == INT64_MIN and len(at) == len(offsets) and at == sorted(at)
    for second in at[1:]:
        for moment in (second - 1, second, second + 86400):
            found = offsets[bisect.bisect_right(at, moment) - 1]
            expected = (EPOCH + dt.timedelta(seconds=moment)).astimezone(ZoneInfo(name)).utcoffset()
            assert found == expected.total_seconds(), (name, moment)


def test_fixed_offsets():
    assert zone_steps("UTC") == ([INT64_MIN], [0])
    assert zone_steps("+05:30") == ([INT64_MIN], [19800])
    assert zone_steps("-02") == ([INT64_MIN], [-7200])


def test_an_unknown_zone_is_refused():
    with pytest.raises(DriverError, match="Mars/Olympus"):
        zone_steps("Mars/Olympus")
