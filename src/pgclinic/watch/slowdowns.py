"""Which statements take longer than they did. Pure.

Two means are compared by Welch's t-test with the calls' deviations (B. L. Welch, "The generalization of Student's
problem when several different population variances are involved", 1947), with Holm's correction over all statements
that are compared; and the difference must matter: half as long again, and a hundredth of all time.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from pgclinic.grading.tails import student_beyond
from pgclinic.model.history import StatementTotal
from pgclinic.model.nightly import Slowdown
from pgclinic.model.watching import StatementDelta

FEWEST_CALLS = 30
"""On either side: fewer say nothing of a mean."""


def slowdowns(
    before: Sequence[StatementTotal],
    now: Sequence[StatementTotal],
    *,
    min_factor: float = 1.5,
    min_share: float = 0.01,
    max_chance: float = 0.01,
) -> tuple[Slowdown, ...]:
    """The statements of ``now`` that take longer than ``before``, those that cost most more first."""
    then = {_key(each): each.gained for each in before}
    all_ms = math.fsum(each.gained.total_ms for each in now) or 1.0
    compared = [
        _slowdown(then[_key(each)], each, all_ms)
        for each in now
        if each.verb != "utility" and _is_enough(each.gained) and _is_enough(then.get(_key(each)))
    ]
    sure = _surely(compared, max_chance)
    found = [each for each in sure if each.factor >= min_factor and each.share >= min_share]
    return tuple(sorted(found, key=lambda one: (-(one.now_ms - one.before_ms) * one.now_calls, one.queryid, one.role)))


def _key(total: StatementTotal) -> tuple[str, str]:
    return total.gained.queryid, total.gained.role


def _is_enough(gained: StatementDelta | None) -> bool:
    return gained is not None and gained.calls >= FEWEST_CALLS and gained.mean_ms > 0


def _slowdown(before: StatementDelta, now: StatementTotal, all_ms: float) -> Slowdown:
    gained = now.gained
    return Slowdown(
        queryid=gained.queryid,
        role=gained.role,
        fingerprint=now.fingerprint,
        text=now.text,
        before_ms=before.mean_ms,
        now_ms=gained.mean_ms,
        before_calls=before.calls,
        now_calls=gained.calls,
        share=gained.total_ms / all_ms,
        chance=_chance(before, gained),
    )


def _chance(before: StatementDelta, now: StatementDelta) -> float:
    """Of so great a difference where there is none, either way."""
    spreads = [each.stddev_ms**2 / each.calls for each in (before, now)]
    spread = sum(spreads)
    difference = now.mean_ms - before.mean_ms
    if spread == 0:
        return 0.0 if difference else 1.0
    freedom = spread**2 / sum(part**2 / (each.calls - 1) for part, each in zip(spreads, (before, now), strict=True))
    return student_beyond(difference / math.sqrt(spread), freedom)


def _surely(compared: Iterable[Slowdown], max_chance: float) -> list[Slowdown]:
    """Those that chance alone does not explain, though many were looked at (Holm, 1979)."""
    in_order = sorted(compared, key=lambda one: one.chance)
    sure: list[Slowdown] = []
    for number, each in enumerate(in_order):
        if each.chance * (len(in_order) - number) > max_chance:
            break
        sure.append(each)
    return sure


def of_fingerprints(totals: Iterable[StatementTotal], wanted: Mapping[str, object]) -> tuple[StatementTotal, ...]:
    """The statements of some fingerprints."""
    return tuple(each for each in totals if each.fingerprint and each.fingerprint in wanted)
