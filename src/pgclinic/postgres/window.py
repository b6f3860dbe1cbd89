"""The hours in which a treatment may work, by the server's clock."""

import re

import msgspec
import psycopg

from pgclinic.model.errors import UserError

_DAY = 86_400
_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")

_NOW = """
select extract(epoch from (pg_catalog.clock_timestamp() at time zone %s)::pg_catalog.time)::pg_catalog.float8
"""

_ZONE = "select pg_catalog.current_setting('log_timezone')"
"""The zone of the server's machine, unless an administrator chose another: ``timezone`` is our own session's."""


class Window(msgspec.Struct, frozen=True):
    """From ``start`` to ``end``, in seconds since midnight in ``zone`` (empty: the server's); it may span midnight."""

    start: int
    end: int
    zone: str = ""

    def __str__(self) -> str:
        """As it was typed."""
        return f"{_clock(self.start)}-{_clock(self.end)}"

    def seconds_left(self, now: float) -> float:
        """How long it stays open, when it is this many seconds since midnight; 0 when it is closed."""
        length = (self.end - self.start) % _DAY
        since_start = (now - self.start) % _DAY
        return max(0.0, length - since_start)


class Moment(msgspec.Struct, frozen=True):
    """A look at the clock: the time of day in ``zone``, and how long the window stays open."""

    clock: str
    zone: str
    seconds_left: float


def read_window(text: str, zone: str = "") -> Window:
    """A window as it is typed: ``02:00-05:00``. Raises UserError."""
    match = _HOURS.fullmatch(text.strip())
    numbers = [int(part) for part in match.groups()] if match else []
    start, end = (hour * 3600 + minute * 60 for hour, minute in (numbers[:2], numbers[2:])) if numbers else (0, 0)
    if start == end:
        raise UserError(f"--window: {text!r} are no hours; give them as 02:00-05:00.")
    return Window(start, end, zone)


def look_at_clock(connection: psycopg.Connection, window: Window) -> Moment:
    """What time it is for the window. Raises UserError for a time zone that the server does not know."""
    (zone,) = connection.execute(_ZONE).fetchone() or ("UTC",)
    zone = window.zone or zone
    try:
        row = connection.execute(_NOW, [zone]).fetchone()
    except psycopg.errors.InvalidParameterValue as error:
        raise UserError(
            f"--timezone: the server knows no time zone {zone!r}; give one such as Europe/Paris."
        ) from error
    now = float(row[0]) if row else 0.0
    return Moment(_clock(now), zone, window.seconds_left(now))


def _clock(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
