"""How far the counters of a snapshot can be trusted: each doubt with the factor by which it lowers the confidence."""

from pgclinic.model.checkup import Doubt
from pgclinic.model.clock import DAY, seconds_between
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.counted import counted

SHORT_WINDOW = 0.85
"""Counters of less than a day have not seen the night's jobs."""

EVICTED = 0.85
"""pg_stat_statements threw entries away: what was not called lately is missing."""

FEW_CALLS = 0.85
"""Too few statements were counted for a 99th percentile."""

HIDDEN = 0.6
"""The server hides statements of other roles from the visitor, and an older snapshot does not say how heavy."""

PARTLY_HIDDEN = 0.95
"""Single relations could not be looked at, because of a lock or a missing right."""

_ENOUGH_CALLS = 100


def certainty(snapshot: Snapshot) -> tuple[Doubt, ...]:
    """Nothing for a day or more of complete counters with enough calls and readable texts."""
    return tuple(doubt for doubt in (*_of_counters(snapshot), *_of_statements(snapshot)) if doubt is not None)


def _of_counters(snapshot: Snapshot) -> list[Doubt | None]:
    counters = snapshot.database_counters
    since = (counters.stats_reset if counters else None) or snapshot.server.started_at
    window = None if since is None else seconds_between(since, snapshot.header.clock)
    partly = sorted({spot.subject for spot in snapshot.blind_spots if spot.object and spot.subject != "statements"})
    return [
        Doubt(reason="Nothing says since when the counters count.", factor=SHORT_WINDOW) if window is None else None,
        Doubt(
            reason="The counters are only {window} old: what runs once a day may be missing.",
            factor=SHORT_WINDOW,
            facts=(Fact("window", max(window, 0.0), Unit.SECONDS),),
        )
        if window is not None and window < DAY
        else None,
        Doubt(
            reason="Some objects could not be looked at: {subjects}.",
            factor=PARTLY_HIDDEN,
            facts=(Fact("subjects", ", ".join(partly).replace("_", " "), Unit.PHRASE),),
        )
        if partly
        else None,
    ]


def _of_statements(snapshot: Snapshot) -> list[Doubt | None]:
    evicted = snapshot.database_counters.statements_dealloc if snapshot.database_counters else None
    workload = counted(snapshot.statements)
    unreadable = workload.unreadable_ms / workload.total_ms if workload.total_ms else 0.0
    return [
        Doubt(
            reason="pg_stat_statements is full and threw entries away {times} times.",
            factor=EVICTED,
            facts=(Fact("times", evicted),),
        )
        if evicted
        else None,
        _hidden(snapshot),
        Doubt(
            reason="Only {calls} calls of statements were counted.",
            factor=FEW_CALLS,
            facts=(Fact("calls", workload.calls),),
        )
        if workload.calls < _ENOUGH_CALLS
        else None,
        Doubt(
            reason="{share} of the time is of statements whose text could not be read.",
            factor=min(max(1 - unreadable, 0.0), 1.0),
            facts=(Fact("share", unreadable, Unit.RATIO),),
        )
        if unreadable > 0
        else None,
    ]


def _hidden(snapshot: Snapshot) -> Doubt | None:
    coverage = snapshot.statement_coverage
    if coverage is None:
        hidden = any(spot.subject == "statements" and spot.object for spot in snapshot.blind_spots)
        return Doubt(reason="The server hides statements of other roles.", factor=HIDDEN) if hidden else None
    share = coverage.hidden_share + coverage.unlisted_share
    if not share:
        return None
    return Doubt(
        reason="{share} of the time is of statements that were not seen: other roles' are hidden, or too many.",
        factor=min(max(1 - share, 0.0), 1.0),
        facts=(Fact("share", share, Unit.RATIO),),
    )
