"""What every format of a checkup says alike: which findings belong together, what to do next, and how sure it is."""

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from pgclinic import checks
from pgclinic.model.checkup import Checkup, Doubt, Grade
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import BlindSpot, Finding, Severity
from pgclinic.report.language import ENGLISH, Language
from pgclinic.report.sentences import sentence
from pgclinic.report.wording import counts, severity_count

_LEAST_POINTS = 0.05
_NEARLY_SURE = 0.995
_SHORT = 60
"""Texts of the database that are no longer are names, and stand in the sentences already."""
_FOR_PRESCRIBE = frozenset({"statements", "indexes"})


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of one check at one severity, worst first. ``title`` is the illness in plain words.

    ``points`` is the sum of what their cures give back, each taken alone.
    """

    check: str
    title: str
    family: str
    severity: Severity
    findings: tuple[Finding, ...]
    points: float

    @property
    def anchor(self) -> str:
        """A name for links within a page."""
        return f"{self.severity.name.lower()}-{self.check}"


def groups(checkup: Checkup) -> list[Group]:
    """By severity, the worst first, then by the points that a check's findings give back."""
    ordered = sorted(checkup.findings, key=lambda each: (-each.severity, each.check))
    found = [
        _group(check, severity, tuple(members), checkup)
        for (severity, check), members in groupby(ordered, key=lambda each: (each.severity, each.check))
    ]
    return sorted(found, key=lambda group: (-group.severity, -round(group.points, 1), group.check))


def _group(check: str, severity: Severity, findings: tuple[Finding, ...], checkup: Checkup) -> Group:
    return Group(
        check=check,
        title=title_of(check),
        family=family_of(check),
        severity=severity,
        findings=tuple(sorted(findings, key=lambda each: (-each.burden, str(each.object)))),
        points=sum(checkup.points.get(finding.fingerprint, 0.0) for finding in findings),
    )


def by_severity(found: Iterable[Group]) -> list[tuple[Severity, list[Group]]]:
    """The groups of each severity that has any, the worst first."""
    return [(severity, list(members)) for severity, members in groupby(found, key=lambda group: group.severity)]


def title_of(check: str) -> str:
    """A check's illness in plain words; its own name where this version has no such check."""
    return checks.load(check).title if check in checks.names() else check


def family_of(check: str) -> str:
    """The category that a check weighs in; empty where this version has no such check."""
    return checks.load(check).family if check in checks.names() else ""


def points_words(points: float, language: Language = ENGLISH) -> str:
    """``+3.2 points``; empty where it would round to nothing."""
    if points < _LEAST_POINTS:
        return ""
    return language.say("+{points} points", points=language.number(f"{points:.1f}"))


def common_advice(group: Group, language: Language = ENGLISH) -> str:
    """The advice that all findings of a group share word for word; empty where they differ."""
    said = {advice_of(finding, language) for finding in group.findings}
    return said.pop() if len(said) == 1 else ""


def advice_of(finding: Finding, language: Language = ENGLISH) -> str:
    """What to do about a finding."""
    return sentence(finding.advice, finding.facts, language)


def evidence(finding: Finding) -> list[Fact]:
    """The facts that are figures; words stand in the sentences."""
    return [fact for fact in finding.facts if fact.unit not in {Unit.TEXT, Unit.PHRASE}]


def texts(finding: Finding) -> list[str]:
    """Texts of the database that are too long for a sentence: statements, definitions."""
    return [
        fact.value
        for fact in finding.facts
        if fact.unit is Unit.TEXT and isinstance(fact.value, str) and len(fact.value) > _SHORT
    ]


def notable(doubts: Sequence[Doubt]) -> list[Doubt]:
    """The doubts that take half a percent of the confidence or more."""
    return [doubt for doubt in doubts if doubt.factor < _NEARLY_SURE]


def doubt_words(doubt: Doubt, language: Language = ENGLISH) -> tuple[str, str]:
    """Why the grade is less than certain, and what of the confidence that takes, as in minus 15 %."""
    lost = language.number(f"{100 * (1 - doubt.factor):.0f}")
    return sentence(doubt.reason, doubt.facts, language), f"\N{MINUS SIGN}{lost} %"


def cap_words(grade: Grade, language: Language = ENGLISH) -> str:
    """What limits the score, and what it would be otherwise; empty where nothing does."""
    if not grade.cap:
        return ""
    if grade.uncapped is None or grade.uncapped <= grade.score:
        return language.say("Limited by a critical state: {checks}.", checks=grade.cap)
    return language.say(
        "Limited by a critical state ({checks}); without it the score would be {score}.",
        checks=grade.cap,
        score=language.number(f"{grade.uncapped:.0f}"),
    )


def reason_of(spot: BlindSpot, language: Language = ENGLISH) -> str:
    """Why something could not be seen."""
    return sentence(spot.reason, spot.facts, language)


def hidden_from(checkup: Checkup) -> list[BlindSpot]:
    """What could not be seen of the database; the checks that this keeps from judging are told apart."""
    return [spot for spot in checkup.blind_spots if _need(spot) is None]


def unjudged(checkup: Checkup, language: Language = ENGLISH) -> list[tuple[str, str]]:
    """What was missing, and the names of the checks that could not judge without it, in the order of the first."""
    groups: dict[str, list[str]] = {}
    for spot in checkup.blind_spots:
        need = _need(spot)
        if need is not None:
            groups.setdefault(need, []).append(spot.subject)
    return [
        (language.say("Not judged without {need}", need=language.say(need)), ", ".join(names))
        for need, names in groups.items()
    ]


def _need(spot: BlindSpot) -> str | None:
    """What a check lacked, when this is a check that could not judge."""
    needs = [fact.value for fact in spot.facts if fact.name == "need" and isinstance(fact.value, str)]
    return needs[0] if needs else None


def with_remedy(findings: Sequence[Finding]) -> int:
    """How many findings come with SQL that cures them."""
    return sum(finding.remedy is not None for finding in findings)


def summary_words(checkup: Checkup, language: Language = ENGLISH) -> str:
    """The whole checkup in one line: grade, confidence, findings, and how many have a cure in plain SQL."""
    grade = checkup.grade
    parts = [
        f"{grade.letter} {grade.score:.0f}",
        language.say("confidence {letter}", letter=grade.confidence),
        counts(checkup.findings, language) if checkup.findings else language.say("no findings"),
    ]
    if cures := with_remedy(checkup.findings):
        parts.append(language.say_many("{number} with a cure in SQL", "{number} with a cure in SQL", cures))
    return " · ".join(parts)


def next_step(checkup: Checkup, language: Language = ENGLISH) -> tuple[str, str]:
    """The command or statement to run next, and what it is good for."""
    hidden = next((spot for spot in checkup.blind_spots if spot.subject == "statements" and spot.grant), None)
    families = {
        checks.load(finding.check).family
        for finding in checkup.findings
        if finding.severity >= Severity.NOTICE and finding.check in checks.names()
    }
    if hidden is not None:
        return f"{hidden.grant};", language.say("in psql: then statements can be judged too")
    if families & _FOR_PRESCRIBE:
        return "pgclinic prescribe TARGET", language.say("indexes that the planner confirms")
    worst = next(iter(groups(checkup)), None)
    if worst is not None and worst.severity > Severity.INFO:
        return f"pgclinic explain {worst.check}", language.say("what it sees, why it matters, what to do")
    return "pgclinic checkup TARGET --fail-below A", language.say("in CI, so that it stays so")


def severity_heading(severity: Severity, found: Sequence[Group], language: Language = ENGLISH) -> str:
    """``3 warnings``: how many findings of this severity there are."""
    return severity_count(severity, sum(len(group.findings) for group in found), language)


def left_out_words(checkup: Checkup, language: Language = ENGLISH) -> str:
    """How many checks were not asked for."""
    return language.say_many(
        "{number} check left out, as asked: the grade speaks of the others alone.",
        "{number} checks left out, as asked: the grade speaks of the others alone.",
        len(checkup.left_out),
    )
