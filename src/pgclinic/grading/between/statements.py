"""Statements of two visits, matched by their fingerprints: slower, faster, new, no longer asked."""

import math

import msgspec

from pgclinic.grading.between.counting import Windows
from pgclinic.model.difference import StatementChange, Trend
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.counted import CountedStatement, counted

_FEW_CALLS = 5
_NOTABLE_TIMES = 1.25
_NOTABLE_SHARE = 0.005
"""Of all time, at either visit: what takes less does not matter to anyone."""

_HEAVY_SHARE = 0.01
"""From here on a statement that was not there before is mentioned, and one that is no longer asked."""

_SURE = 3.0
"""Standard errors that two means must lie apart."""


class _Counted(msgspec.Struct, frozen=True):
    """Calls of one statement in one window: how many, their time in ms, and the sum of its squares."""

    calls: int
    total_ms: float
    squares: float

    @property
    def mean_ms(self) -> float:
        return self.total_ms / self.calls

    @property
    def squared_error(self) -> float:
        """Of the mean."""
        return max(self.squares / self.calls - self.mean_ms**2, 0) / self.calls


_NEVER = _Counted(0, 0.0, 0.0)


def statement_changes(earlier: Snapshot, later: Snapshot, windows: Windows) -> tuple[StatementChange, ...]:
    """What differs by more than chance and matters, the slower ones first, by the time that the difference takes."""
    old, new = _by_fingerprint(earlier), _by_fingerprint(later)
    before = {key: _window(statement) for key, statement in old.items()}
    after = {key: _after(statement, old.get(key), windows) for key, statement in new.items()}
    time_before = sum(one.total_ms for one in before.values())
    time_after = sum(one.total_ms for one in after.values())
    changes = []
    for key in {**old, **new}:
        one, other = before.get(key, _NEVER), after.get(key, _NEVER)
        shares = (_share(one, time_before), _share(other, time_after))
        trend = _trend(one, other, shares, has_window=time_after > 0)
        if trend is not Trend.SAME:
            changes.append(_change(key, (new.get(key) or old[key]).text, trend, one, other))
    return tuple(sorted(changes, key=_most_time_first))


def _by_fingerprint(snapshot: Snapshot) -> dict[str, CountedStatement]:
    return {statement.fingerprint: statement for statement in counted(snapshot.statements).statements}


def _window(statement: CountedStatement) -> _Counted:
    squares = statement.calls * (statement.stddev_ms**2 + statement.mean_ms**2)
    return _Counted(statement.calls, statement.total_ms, squares)


def _after(statement: CountedStatement, old: CountedStatement | None, windows: Windows) -> _Counted:
    """Since the earlier visit; since the reset, or since the entry was thrown away, where it began anew."""
    whole = _window(statement)
    if old is None or not windows.of_statements or statement.calls < old.calls:
        return whole
    before = _window(old)
    calls = whole.calls - before.calls
    if calls == 0:
        return _NEVER
    return _Counted(calls, max(whole.total_ms - before.total_ms, 0), max(whole.squares - before.squares, 0))


def _share(one: _Counted, total_ms: float) -> float:
    return one.total_ms / total_ms if total_ms else 0.0


def _trend(before: _Counted, after: _Counted, shares: tuple[float, float], *, has_window: bool) -> Trend:
    if not before.calls:
        return Trend.NEW if shares[1] >= _HEAVY_SHARE and after.calls >= _FEW_CALLS else Trend.SAME
    if not after.calls:
        is_missed = has_window and shares[0] >= _HEAVY_SHARE and before.calls >= _FEW_CALLS
        return Trend.OUT_OF_SIGHT if is_missed else Trend.SAME
    if max(shares) < _NOTABLE_SHARE or min(before.calls, after.calls) < _FEW_CALLS:
        return Trend.SAME
    low, high = sorted((before.mean_ms, after.mean_ms))
    error = math.sqrt(before.squared_error + after.squared_error)
    if high < low * _NOTABLE_TIMES or high - low < _SURE * error:
        return Trend.SAME
    return Trend.WORSE if after.mean_ms > before.mean_ms else Trend.BETTER


def _change(fingerprint: str, text: str, trend: Trend, before: _Counted, after: _Counted) -> StatementChange:
    return StatementChange(
        fingerprint=fingerprint,
        text=text,
        trend=trend,
        calls_before=before.calls,
        calls_after=after.calls,
        mean_before=before.mean_ms if before.calls else None,
        mean_after=after.mean_ms if after.calls else None,
    )


_ORDER = (Trend.WORSE, Trend.NEW, Trend.BETTER, Trend.OUT_OF_SIGHT)


def _most_time_first(change: StatementChange) -> tuple[int, float, str]:
    difference_ms = abs((change.mean_after or 0) - (change.mean_before or 0))
    return (
        _ORDER.index(change.trend),
        -difference_ms * (change.calls_after or change.calls_before),
        change.fingerprint,
    )
