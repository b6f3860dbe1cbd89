import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from pgclinic import checks
from pgclinic.grading.grade import CRITICAL_CAP, LOSS, WEIGHTS, grade, letter, points
from pgclinic.model.checkup import Doubt
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName

ROOT = Path(__file__).parent.parent.parent

_FINDINGS = st.lists(
    st.builds(
        Finding,
        check=st.sampled_from(checks.names()),
        severity=st.sampled_from(Severity),
        object=st.integers(0, 50).map(lambda number: ObjectName("table", f"t{number}")),
        summary=st.just(""),
        advice=st.just(""),
        burden=st.floats(0, 1),
    ),
    unique_by=lambda finding: finding.fingerprint,
    max_size=12,
)
_NOT_EXAMINED = st.sets(st.sampled_from(checks.names()))


_WORLD = settings(deadline=None)  # the first example loads the checks


def _finding(check: str, severity: Severity, burden: float = 1, name: str = "t") -> Finding:
    return Finding(check, severity, ObjectName("table", name), "", "", burden=burden)


def _own(findings: list[Finding], finding: Finding, **options: set[str]) -> float:
    return points(findings, **options)[finding.fingerprint]


@_WORLD
@given(_FINDINGS.filter(bool), _NOT_EXAMINED, st.data())
def test_curing_a_finding_never_lowers_the_grade(
    findings: list[Finding], not_examined: set[str], data: st.DataObject
) -> None:
    cured = data.draw(st.sampled_from(findings))
    others = [finding for finding in findings if finding is not cured]
    before, after = (grade(group, not_examined=not_examined) for group in (findings, others))
    assert after.score >= before.score
    assert after.uncapped >= before.uncapped
    assert after.trust == before.trust


@_WORLD
@given(_FINDINGS.filter(bool), _NOT_EXAMINED, st.data())
def test_a_milder_or_smaller_illness_never_lowers_the_grade(
    findings: list[Finding], not_examined: set[str], data: st.DataObject
) -> None:
    better = data.draw(st.sampled_from(findings))
    milder = structs.replace(
        better,
        severity=data.draw(st.sampled_from([each for each in Severity if each <= better.severity])),
        burden=data.draw(st.floats(0, better.burden)),
    )
    others = [finding for finding in findings if finding is not better]
    before = grade(findings, not_examined=not_examined).score
    assert grade([*others, milder], not_examined=not_examined).score >= before


@_WORLD
@given(_FINDINGS, _NOT_EXAMINED)
def test_the_points_of_a_finding_are_what_its_cure_alone_gives_back(
    findings: list[Finding], not_examined: set[str]
) -> None:
    given_back = points(findings, not_examined=not_examined)
    before = grade(findings, not_examined=not_examined)
    assert set(given_back) == {finding.fingerprint for finding in findings}
    for finding in findings:
        after = grade([other for other in findings if other is not finding], not_examined=not_examined)
        expected = max(after.uncapped - before.uncapped, after.score - before.score)
        assert given_back[finding.fingerprint] == pytest.approx(expected, abs=0.11)


@_WORLD
@given(_FINDINGS, st.randoms())
def test_the_order_of_findings_does_not_matter(findings: list[Finding], random: st.DataObject) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert grade(findings) == grade(shuffled)
    assert points(findings) == points(shuffled)


@_WORLD
@given(_FINDINGS, _NOT_EXAMINED)
def test_the_score_stays_within_its_bounds(findings: list[Finding], not_examined: set[str]) -> None:
    assert 0 <= grade(findings, not_examined=not_examined).score <= 100


def test_a_database_without_findings_gets_the_best_grade() -> None:
    best = grade([])
    assert (best.score, best.letter, best.confidence, best.cap) == (100.0, "A+", "A", "")
    assert (best.trust, best.doubts) == (1.0, ())


def test_information_costs_nothing() -> None:
    information = _finding("unused_index", Severity.INFO)
    assert grade([information]).score == 100.0
    assert _own([information], information) == 0


def test_many_findings_of_one_check_take_no_more_than_its_worst_would_alone() -> None:
    many = [_finding("unused_index", Severity.NOTICE, 1, f"t{number}") for number in range(200)]
    assert grade(many).score == grade(many[:1]).score < 100
    worse = [*many, _finding("unused_index", Severity.WARNING, 0.5, "worse")]
    assert grade([_finding("unused_index", Severity.WARNING)]).score <= grade(worse).score < grade(many).score


def test_a_thousand_small_illnesses_of_every_check_are_no_disaster() -> None:
    small = [
        _finding(name, Severity.NOTICE, 1 / 1_000, f"t{number}") for name in checks.names() for number in range(100)
    ]
    assert grade(small).letter[0] in "ABC"


def test_a_burden_that_is_no_share_counts_as_the_nearer_end() -> None:
    for burden, same in ((7.0, 1.0), (-3.0, 0.0), (float("nan"), 0.0), (float("inf"), 1.0)):
        odd, even = (_finding("dead_rows", Severity.WARNING, each) for each in (burden, same))
        assert grade([odd]) == grade([even])


def test_five_thousand_findings_are_weighed_in_linear_time() -> None:
    severities = list(Severity)
    many = [_finding("dead_rows", severities[number % 4], 1 / 5_000, f"t{number}") for number in range(5_000)]
    assert len(points(many)) == 5_000


def test_a_critical_state_caps_the_grade_and_curing_it_gives_the_points_back() -> None:
    critical = _finding("wraparound_near", Severity.CRITICAL, burden=0.7)
    spoilt = _finding("dead_rows", Severity.WARNING)
    result = grade([critical])
    assert (result.score, result.letter, result.cap) == (CRITICAL_CAP, "F", "wraparound_near")
    assert _own([critical], critical) == 41.0
    assert _own([critical, spoilt], critical) == pytest.approx(grade([spoilt]).score - CRITICAL_CAP, abs=0.05)
    assert _own([critical, spoilt], spoilt) > 0


def test_the_example_of_the_documentation_comes_out_as_written() -> None:
    findings = [
        _finding("slow_statement", Severity.WARNING, 0.8),
        _finding("sequential_scans", Severity.WARNING, 0.9),
        _finding("duplicate_index", Severity.NOTICE, 0.1, "one"),
        _finding("duplicate_index", Severity.NOTICE, 0.3, "another"),
        _finding("dead_rows", Severity.NOTICE, 0.6),
    ]
    result = grade(findings)
    scores = {category.name: category.score for category in result.categories}
    assert {name: score for name, score in scores.items() if score not in {100.0, None}} == {
        "statements": 23.9,
        "indexes": 90.8,
        "storage": 85.0,
    }
    measured = sum(category.weight for category in result.categories if category.score is not None)
    known = 35 * 23.92 + 15 * 90.75 + 15 * 85
    assert result.score == pytest.approx((known + (measured - 65) * 100) / measured, abs=0.05)
    assert letter(round((known + 35 * 100) / 100, 1)) == "D+"
    assert _own(findings, findings[0]) == pytest.approx(7.73 * 100 / measured, abs=0.006)
    assert _own(findings, findings[3]) == pytest.approx(1.01 * 100 / measured, abs=0.006)


def test_what_could_not_be_measured_is_weighted_out_and_lowers_the_confidence() -> None:
    blind = [name for name in checks.names() if checks.load(name).family == "statements"]
    spoilt = _finding("dead_rows", Severity.WARNING)
    seen, unseen = grade([spoilt]), grade([spoilt], not_examined=blind)
    assert next(category.score for category in unseen.categories if category.name == "statements") is None
    assert unseen.score < seen.score
    assert (seen.confidence, unseen.confidence[0] in "CD") == ("A", True)
    (doubt,) = unseen.doubts
    assert doubt.factor == pytest.approx(unseen.trust, abs=0.0001)
    assert {fact.name: fact.value for fact in doubt.facts} == {
        "blind": len(blind),
        "checks": len(checks.names()),
        "categories": "statements",
    }


def test_doubts_about_the_counters_lower_the_confidence_only_and_multiply() -> None:
    doubts = [Doubt(reason="a", factor=0.8), Doubt(reason="b", factor=0.85)]
    result = grade([], certainty=doubts)
    assert (result.score, result.confidence, result.trust) == (100.0, "C", 0.68)
    assert result.doubts == tuple(doubts)


def test_every_letter_has_its_range() -> None:
    assert [letter(score) for score in (100, 97, 96.9, 93, 90, 87, 83, 80, 77, 73, 70, 67, 63, 60, 59.9, 0)] == [
        "A+", "A+", "A", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D+", "D", "D-", "F", "F",
    ]  # fmt: skip


def test_the_page_about_the_grade_lists_each_check_in_its_category_and_the_losses() -> None:
    """``make docs`` writes the table."""
    page = (ROOT / "docs" / "grade.md").read_text()
    rows = re.findall(r"^\| ([a-z]+) \| ([0-9.]+) \| ([^|]*) \|$", page, re.MULTILINE)
    table = {family: (float(weight), names.split(", ")) for family, weight, names in rows if family in WEIGHTS}
    assert {family: weight for family, (weight, _) in table.items()} == dict(WEIGHTS)
    listed = {name: family for family, (_, names) in table.items() for name in names if name}
    assert listed == {name: checks.load(name).family for name in checks.names()}, "run: make docs"
    for severity, loss in LOSS.items():
        assert re.search(rf"^\| {severity.name.lower()} \| {loss:g}0? \|", page, re.MULTILINE)


def test_weights_and_losses_are_complete() -> None:
    assert sum(WEIGHTS.values()) == 100
    assert set(LOSS) == set(Severity)
