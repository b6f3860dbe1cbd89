import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclinic.model.evidence import Fact, Unit
from pgclinic.report.figures import figure
from pgclinic.report.sentences import sentence


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0, Unit.BYTES, "0 bytes"),
        (999, Unit.BYTES, "999 bytes"),
        (8192, Unit.BYTES, "8 kB"),
        (123_456_789, Unit.BYTES, "118 MB"),
        (0.0421, Unit.MILLISECONDS, "0.042 ms"),
        (4.257, Unit.MILLISECONDS, "4.26 ms"),
        (999.7, Unit.MILLISECONDS, "1 s"),
        (4257, Unit.MILLISECONDS, "4.26 s"),
        (400, Unit.SECONDS, "7 min"),
        (7_200, Unit.SECONDS, "120 min"),
        (30_000, Unit.SECONDS, "8 h"),
        (40 * 86_400, Unit.SECONDS, "40 days"),
        (0.856, Unit.RATIO, "86 %"),
        (0.9996, Unit.RATIO, "> 99.9 %"),
        (1, Unit.RATIO, "100 %"),
        (0.0001, Unit.RATIO, "< 0.1 %"),
        (0, Unit.RATIO, "0 %"),
        (0.9312, Unit.RATIO, "93.1 %"),
        (1492.7, Unit.TIMES, "1,493\N{MULTIPLICATION SIGN}"),
        (6.09, Unit.TIMES, "6.09\N{MULTIPLICATION SIGN}"),
        (300_000.0, Unit.COUNT, "300,000"),
        (12_345.67, Unit.COST, "12,346"),
        (None, Unit.MILLISECONDS, "—"),
        (float("nan"), Unit.COUNT, "—"),
        (float("-inf"), Unit.BYTES, "—"),
        (7e300, Unit.COUNT, "7.0e+300"),
        ("plain\x1b[2J words", Unit.TEXT, "plain words"),
    ],
)
def test_each_unit_has_one_way_of_being_written(value: float | str | None, unit: Unit, shown: str) -> None:
    assert figure(value, unit) == shown


@given(st.floats(min_value=0, max_value=1e15), st.sampled_from([unit for unit in Unit if unit is not Unit.TEXT]))
def test_every_figure_is_short(value: float, unit: Unit) -> None:
    assert 0 < len(figure(value, unit)) <= 28


def test_places_are_filled_with_figures_and_values_are_not_read_again() -> None:
    facts = [Fact("share", 0.5, Unit.RATIO), Fact("text", "{share} of it", Unit.TEXT)]
    assert sentence("{share} goes to {text}.", facts) == "50 % goes to {share} of it."


def test_a_place_without_a_fact_stays_to_be_seen() -> None:
    assert sentence("{nothing} here", []) == "{nothing} here"
