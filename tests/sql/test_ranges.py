import pytest

from pgclinic.sql.ranges import RangeComparison, range_comparisons


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("(a > 5)", [("a", "5")]),
        ("((t.at >= '2026-01-01'::date) AND (b = 3))", [("at", "'2026-01-01'::date")]),
        ("('x'::text < (name)::text)", [("name", "'x'::text")]),
        (
            "(at > (pgclinic_clock.now() - '01:00:00'::interval))",
            [("at", "pgclinic_clock.now() - '01:00:00'::interval")],
        ),
        ("(a > b)", []),
        ("(a > $1)", []),
        ("(a = 5)", []),
        ("(a > (SubPlan 1).col1)", []),
        ("(NOT (hashed SubPlan 2))", []),
    ],
)
def test_comparisons_by_order_with_constants_are_found(condition: str, expected: list[tuple[str, str]]) -> None:
    assert range_comparisons(condition) == tuple(RangeComparison(*each) for each in expected)
