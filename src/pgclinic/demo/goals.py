"""What was claimed for the Drain Fortin database, what is to be reached, and what one run measured."""

from collections.abc import Mapping

import msgspec

from pgclinic.model.checkup import Checkup
from pgclinic.model.demonstration import Goal
from pgclinic.model.evidence import Provenance, Unit
from pgclinic.model.proof import Comparison, Proof


class _Speed(msgspec.Struct, frozen=True):
    """A statement or task of the workload by name: what was claimed, and how many times faster it must become."""

    name: str
    claimed: str
    times: float


_SPEEDS = (
    _Speed("dashboard page", "2.5 s → 400 ms", 60),
    _Speed("dashboard metrics", "800 → 45 ms", 180),
    _Speed("phone search", "120 → 15 ms", 80),
    _Speed("lead aggregation", "350 → 60 ms", 58),
    _Speed("live count", "200 → 5 ms", 400),
    _Speed("import of 1,000 rows", "800 → 95 ms", 20),
)
_P95_TIMES = 44
_CACHE_HIT = 0.99
_DEAD_ROWS = 0.01
_HIGHEST_BEFORE = ("C+", "C", "C-", "D+", "D", "D-", "F")
_LOWEST_AFTER = ("A+", "A")


def goals(before: Checkup, after: Checkup, proof: Proof) -> tuple[Goal, ...]:
    """The rows of the table, in its order; what could not be measured has no verdict."""
    return (
        *speed_goals(proof),
        _share("cache hit", "cache_hit", before, after, claimed="85 → 97 %", goal="≥ 99 %", least=_CACHE_HIT),
        _share("dead rows", "dead_rows", before, after, claimed="20 → 3 %", goal="≤ 1 %", most=_DEAD_ROWS),
        Goal(
            name="grade",
            unit=Unit.TEXT,
            before=before.grade.letter,
            after=after.grade.letter,
            claimed="C+ → A-",
            goal="≤ C+ → A",
            is_met=before.grade.letter in _HIGHEST_BEFORE and after.grade.letter in _LOWEST_AFTER,
            provenance=Provenance.ESTIMATED,
        ),
    )


def speed_goals(proof: Proof) -> tuple[Goal, ...]:
    """Those of them that are times."""
    # A task of one statement has its name; of the two, the task is what the user waits for.
    measured = {comparison.name: comparison for comparison in (*proof.statements, *proof.tasks)}
    return (*(_speed(speed, measured) for speed in _SPEEDS), _p95(proof.overall))


def _speed(speed: _Speed, measured: Mapping[str, Comparison]) -> Goal:
    comparison = measured.get(speed.name)
    times = comparison.times_faster if comparison else None
    return Goal(
        name=speed.name,
        unit=Unit.MILLISECONDS,
        before=comparison.before.p50_ms if comparison else None,
        after=comparison.after.p50_ms if comparison else None,
        claimed=speed.claimed,
        goal=f"≥ {speed.times:g}\N{MULTIPLICATION SIGN}",
        times=times,
        is_met=None if times is None else times >= speed.times,
    )


def _p95(overall: Comparison) -> Goal:
    before, after = overall.before.p95_ms, overall.after.p95_ms
    times = before / after if before is not None and after else None
    return Goal(
        name="P95 of all queries",
        unit=Unit.MILLISECONDS,
        before=before,
        after=after,
        claimed="200 → 45 ms",
        goal=f"≥ {_P95_TIMES}\N{MULTIPLICATION SIGN}",
        times=times,
        is_met=None if times is None else times >= _P95_TIMES,
    )


def _share(
    name: str, kpi: str, before: Checkup, after: Checkup, *, claimed: str, goal: str, least: float = 0, most: float = 1
) -> Goal:
    was, now = (next((each.value for each in checkup.kpis if each.name == kpi), None) for checkup in (before, after))
    is_met = None if now is None else least <= now <= most
    return Goal(name=name, unit=Unit.RATIO, before=was, after=now, claimed=claimed, goal=goal, is_met=is_met)
