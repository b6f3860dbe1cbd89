"""When nobody is told: maintenance windows, nights, weekends."""

from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

import msgspec

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """A window in which the rules, targets and objects that it names are judged and not told.

    ``begins`` and ``ends`` (ISO 8601) bound it once; ``daily`` is the minutes of the day from which and up to which it
    returns in ``zone``, past midnight where the second is the smaller, on the ``days`` on which it begins. What still
    stands at its end is told then.
    """

    rules: tuple[str, ...] = ("*",)
    targets: tuple[str, ...] = ("*",)
    objects: tuple[str, ...] = ("*",)
    begins: str = ""
    ends: str = ""
    daily: tuple[int, int] | None = None
    days: tuple[str, ...] = DAYS
    zone: str = "UTC"

    def covers(self, rule: str, target: str, about: str, at: str) -> bool:
        """Whether nobody is told about this at this time."""
        return (
            _fits(rule, self.rules)
            and _fits(target, self.targets)
            and _fits(about, self.objects)
            and self._is_within(datetime.fromisoformat(at))
        )

    def _is_within(self, moment: datetime) -> bool:
        if self.begins and moment < datetime.fromisoformat(self.begins):
            return False
        if self.ends and moment >= datetime.fromisoformat(self.ends):
            return False
        if self.daily is None:
            return DAYS[moment.astimezone(ZoneInfo(self.zone)).weekday()] in self.days
        first, last = self.daily
        there = moment.astimezone(ZoneInfo(self.zone))
        minute = there.hour * 60 + there.minute
        if first <= last:
            return first <= minute < last and DAYS[there.weekday()] in self.days
        began = there if minute >= first else there - timedelta(days=1)
        return (minute >= first or minute < last) and DAYS[began.weekday()] in self.days


def _fits(text: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)
