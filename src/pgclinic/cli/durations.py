"""Spans of time as people type them."""

import re
from datetime import time

from pgclinic.model.errors import UserError

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|w)?\Z", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LONGEST = 100 * 366 * 86_400


def seconds_of(given: str, option: str, *, least: float = 0.0, most: float = _LONGEST) -> float:
    """Seconds of ``30s``, ``5min``, ``2h``, ``7d``; a bare number is seconds. Raises UserError."""
    match = _SPAN.match(given.strip())
    if match is None:
        raise UserError(f"{option}: {given!r} is no span of time; give one such as 30s, 5min, 2h or 7d.")
    found = float(match[1]) * _SECONDS[(match[2] or "s").lower()]
    if not least <= found <= most:
        raise UserError(f"{option}: {given} is out of range; give something from {least:g} s to {most:g} s.")
    return found


def days_of(given: str, option: str) -> tuple[float, float, float]:
    """Days of three spans, ``2d,35d,800d``, each at least as long as the one before. Raises UserError."""
    spans = [seconds_of(each, option, least=3600) / 86_400 for each in given.split(",")]
    if len(spans) != 3 or sorted(spans) != spans:  # noqa: PLR2004 - as sampled, by five minutes, by hours
        raise UserError(f"{option}: {given!r} are no three growing spans; give them as 2d,35d,800d.")
    return spans[0], spans[1], spans[2]


def hour_of(given: str, option: str) -> time | None:
    """A time of day as ``03:00``, None for ``off``. Raises UserError."""
    if given.strip().lower() == "off":
        return None
    try:
        return time.fromisoformat(given.strip())
    except ValueError:
        raise UserError(f"{option}: {given!r} is no time of day; give one such as 03:00, or off.") from None
