from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgclinic.model.clock import seconds_between

_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_TIMES = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=_ZONES)  # noqa: DTZ001


@settings(deadline=None)  # a busy machine is no failure
@given(_TIMES, _TIMES)
def test_spans_are_those_of_the_calendar(earlier: datetime, later: datetime) -> None:
    expected = (later - earlier).total_seconds()
    assert seconds_between(earlier.isoformat(), later.isoformat()) == pytest.approx(expected, abs=1e-4)


def test_the_spellings_of_postgresql_are_read() -> None:
    assert seconds_between("2026-02-28 23:00:00+00", "2026-03-01T00:00:00Z") == 3600
    assert seconds_between("2026-01-01 00:00:00.5+05:30", "2025-12-31 18:30:00") == -0.5


@pytest.mark.parametrize("text", ["", "infinity", "2026-01-01", "yesterday"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 8601 time"):
        seconds_between(text, "2026-01-01 00:00:00+00")
