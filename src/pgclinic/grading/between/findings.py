"""Findings of two visits, matched by their fingerprints."""

from collections.abc import Iterable

from pgclinic.model.checkup import Checkup
from pgclinic.model.difference import FindingChange, Trend
from pgclinic.model.finding import Finding, Severity

_NOTABLE_TIMES = 1.5
_NOTABLE_BURDEN = 0.05
"""A burden says worse or better when it differs by this factor and by this much; less is the weather."""

_ORDER = (Trend.NEW, Trend.WORSE, Trend.FIRST_SEEN, Trend.BETTER, Trend.CURED, Trend.OUT_OF_SIGHT)


def finding_changes(before: Checkup, after: Checkup) -> tuple[tuple[FindingChange, ...], int]:
    """Those that are not as they were, the bad news first and the worst of each first; and how many are as they were.

    What a visit set aside on request was found all the same: it is neither cured nor new when the other lists it.
    """
    old, new = _found(before), _found(after)
    listed = {finding.fingerprint for finding in (*before.findings, *after.findings)}
    changes = []
    unchanged = 0
    for fingerprint in {**old, **new}:
        if fingerprint not in listed:
            continue
        change = _change(old.get(fingerprint), new.get(fingerprint), before, after)
        if change.trend is Trend.SAME:
            unchanged += 1
        else:
            changes.append(change)
    return tuple(sorted(changes, key=_bad_news_first)), unchanged


def _found(checkup: Checkup) -> dict[str, Finding]:
    everything = (*checkup.findings, *(each.finding for each in checkup.set_aside))
    return {finding.fingerprint: finding for finding in everything}


def _change(old: Finding | None, new: Finding | None, before: Checkup, after: Checkup) -> FindingChange:
    if old is None:
        assert new is not None
        trend = Trend.NEW if _could_judge(new.check, before) else Trend.FIRST_SEEN
        return FindingChange(trend=trend, finding=new, after=new.severity)
    if new is None:
        trend = Trend.CURED if _could_judge(old.check, after) else Trend.OUT_OF_SIGHT
        return FindingChange(trend=trend, finding=old, before=old.severity)
    return FindingChange(trend=_trend(old, new), finding=new, before=old.severity, after=new.severity)


def _trend(old: Finding, new: Finding) -> Trend:
    if old.severity != new.severity:
        return Trend.WORSE if new.severity > old.severity else Trend.BETTER
    if new.severity is Severity.INFO:
        return Trend.SAME
    low, high = sorted((old.burden, new.burden))
    if high < low * _NOTABLE_TIMES or high - low < _NOTABLE_BURDEN:
        return Trend.SAME
    return Trend.WORSE if new.burden > old.burden else Trend.BETTER


def _could_judge(check: str, checkup: Checkup) -> bool:
    """Whether a visit looked for it. A report that does not say what was examined names what was not."""
    if checkup.examined:
        return check in checkup.examined
    return not any(spot.subject == check for spot in checkup.blind_spots)


def _bad_news_first(change: FindingChange) -> tuple[int, int, float, str, str]:
    finding = change.finding
    return (_ORDER.index(change.trend), -finding.severity, -finding.burden, finding.check, str(finding.object))


def how_many(changes: Iterable[FindingChange], trend: Trend) -> int:
    """Of one trend."""
    return sum(change.trend is trend for change in changes)
