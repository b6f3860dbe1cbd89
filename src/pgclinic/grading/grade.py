"""The grade: findings weighed by category into a score from 0 to 100 and a letter. docs/grade.md explains the formula.

Monotone by construction: a finding only ever multiplies its category's score by at most one, and may add a cap.
"""

from collections.abc import Collection, Mapping, Sequence
from math import prod

from pgclinic import checks
from pgclinic.grading.losses import LOSS, left_by, left_without_each
from pgclinic.model.checkup import CategoryScore, Doubt, Grade
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity

__all__ = ["CRITICAL_CAP", "LOSS", "WEIGHTS", "grade", "letter", "points"]

WEIGHTS: Mapping[str, float] = {
    "statements": 35,
    "indexes": 15,
    "storage": 15,
    "settings": 8,
    "policies": 5,
    "views": 5,
    "connections": 5,
    "schema": 5,
    "partitions": 3,
    "replication": 2,
    "security": 2,
}
"""Points that each category can give; together 100."""

CRITICAL_CAP = 59.0
"""No database in a critical state gets more than this: the highest score that is still an F."""

_LETTERS = (
    (97, "A+"), (93, "A"), (90, "A-"), (87, "B+"), (83, "B"), (80, "B-"),
    (77, "C+"), (73, "C"), (70, "C-"), (67, "D+"), (63, "D"), (60, "D-"),
)  # fmt: skip
LETTERS = ("F", *(name for _, name in reversed(_LETTERS)))
"""From the worst to the best."""

_CONFIDENCE = ((0.9, "A"), (0.75, "B"), (0.6, "C"), (0.4, "D"))


def letter(score: float) -> str:
    """The letter of a score, from ``A+`` (97) in steps of three and four points to ``F`` (below 60)."""
    return next((name for lowest, name in _LETTERS if score >= lowest), "F")


def grade(findings: Sequence[Finding], *, not_examined: Collection[str] = (), certainty: Sequence[Doubt] = ()) -> Grade:
    """Weigh findings into a grade.

    ``not_examined`` names the checks that could not judge. A category none of whose checks could is left out and
    the others share its weight. ``certainty`` are the doubts about the counters (``grading.certainty``).
    """
    families = _families()
    measured = _measured(families, not_examined)
    by_check = _by_check(findings)
    scores = {family: _category_score(family, by_check, families) for family in measured}
    uncapped = _mean(scores)
    critical = _critical(findings)
    score = round(min(uncapped, CRITICAL_CAP) if critical else uncapped, 1)
    doubts = (*_coverage(families, not_examined), *certainty)
    trust = prod(doubt.factor for doubt in doubts)
    return Grade(
        score=score,
        letter=letter(score),
        confidence=next((name for lowest, name in _CONFIDENCE if trust >= lowest), "F"),
        categories=tuple(
            CategoryScore(
                name=family,
                weight=weight,
                score=round(scores[family], 1) if family in scores else None,
                findings=sum(families.get(finding.check) == family for finding in findings),
            )
            for family, weight in WEIGHTS.items()
        ),
        cap=", ".join(critical),
        uncapped=round(uncapped, 1),
        trust=round(trust, 4),
        doubts=doubts,
    )


def points(findings: Sequence[Finding], *, not_examined: Collection[str] = ()) -> dict[str, float]:
    """How many points curing each finding alone would give back, from 0 to 100, by fingerprint.

    While something else caps the score a cure would not show in it: such points are counted without the cap.
    """
    families = _families()
    measured = _measured(families, not_examined)
    by_check = _by_check(findings)
    scores = {family: _category_score(family, by_check, families) for family in measured}
    total = sum(WEIGHTS[family] for family in scores)
    uncapped, critical = _mean(scores), _critical(findings)
    worst = [finding for finding in findings if finding.severity is Severity.CRITICAL]
    gains: dict[str, float] = {}
    for name, group in by_check.items():
        family = families.get(name)
        left, without = left_by(group), left_without_each(group)
        for finding, better in zip(group, without, strict=True):
            gain = 0.0
            if family in scores and left:
                gain = WEIGHTS[family] * scores[family] * (better / left - 1) / total
            if critical and worst == [finding]:
                gain = max(gain, uncapped + gain - min(uncapped, CRITICAL_CAP))
            gains[finding.fingerprint] = round(max(gain, 0.0), 2)
    return gains


def _families() -> dict[str, str]:
    return {name: checks.load(name).family for name in checks.names()}


def _measured(families: Mapping[str, str], not_examined: Collection[str]) -> list[str]:
    """The categories of which at least one check could judge, in the order of the weights."""
    able = {family for name, family in families.items() if name not in not_examined}
    return [family for family in WEIGHTS if family in able]


def _by_check(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Findings by their check, in an order that does not depend on that in which they were found."""
    groups: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda each: (each.check, -each.severity, each.burden, each.fingerprint)):
        groups.setdefault(finding.check, []).append(finding)
    return groups


def _category_score(family: str, by_check: Mapping[str, Sequence[Finding]], families: Mapping[str, str]) -> float:
    return 100 * prod(left_by(group) for name, group in by_check.items() if families.get(name) == family)


def _mean(scores: Mapping[str, float]) -> float:
    total = sum(WEIGHTS[family] for family in scores)
    return sum(WEIGHTS[family] * score for family, score in scores.items()) / total if total else 0.0


def _critical(findings: Sequence[Finding]) -> list[str]:
    return sorted({finding.check for finding in findings if finding.severity is Severity.CRITICAL})


def _coverage(families: Mapping[str, str], not_examined: Collection[str]) -> list[Doubt]:
    """Each category's weight counts by the share of its checks that could judge."""
    seen = total = 0.0
    missing: list[str] = []
    for family, weight in WEIGHTS.items():
        known = [name for name, own in families.items() if own == family]
        if not known:
            continue
        blind = sum(name in not_examined for name in known)
        total += weight
        seen += weight * (1 - blind / len(known))
        missing += [family] if blind else []
    if not missing:
        return []
    return [
        Doubt(
            reason="{blind} of {checks} checks did not judge: {categories}.",
            factor=seen / total,
            facts=(
                Fact("blind", sum(name in not_examined for name in families)),
                Fact("checks", len(families)),
                Fact("categories", ", ".join(missing), Unit.PHRASE),
            ),
        )
    ]
