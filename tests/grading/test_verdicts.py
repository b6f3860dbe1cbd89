"""The verdict's statistics on simulated latencies, whose truth is known."""

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgclinic.grading.tails import beta_below, student_beyond
from pgclinic.grading.verdicts import Spread, effects, holm, spread
from pgclinic.model.proof import Effect, Verdict
from pgclinic.workload.times import Times, read_times

Draw = Callable[[random.Random], float]


def log_normal(median_ms: float, deviation: float) -> Draw:
    return lambda source: median_ms * math.exp(source.gauss(0, deviation))


def with_outliers(draw: Draw) -> Draw:
    return lambda source: draw(source) * (30 if source.random() < 0.02 else 1)


def two_humps(draw: Draw) -> Draw:
    return lambda source: draw(source) * (8 if source.random() < 0.3 else 1)


def sample(draw: Draw, count: int, source: random.Random) -> Spread:
    times = sorted(draw(source) for _ in range(count))
    return Spread(tuple(times), tuple(range(1, count + 1)))


SHAPES = {
    "log-normal": log_normal(3, 0.3),
    "outliers": with_outliers(log_normal(0.8, 0.2)),
    "two humps": two_humps(log_normal(20, 0.25)),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [6, 30, 60, 300])
def test_where_nothing_changed_at_most_one_proof_in_a_hundred_sees_something(shape: str, count: int) -> None:
    source = random.Random(f"{shape}/{count}")
    proofs = 40 if count < 300 else 15
    alarms = 0
    for _ in range(proofs):
        pairs = {str(n): (sample(SHAPES[shape], count, source), sample(SHAPES[shape], count, source)) for n in range(8)}
        shown = [effect.verdict for each in effects(pairs).values() for effect in each]
        alarms += any(verdict in {Verdict.FASTER, Verdict.SLOWER} for verdict in shown)
    assert alarms <= 1


@pytest.mark.parametrize(
    ("shape", "count"), [("log-normal", 400), ("outliers", 300), ("two humps", 1000)], ids=list(SHAPES)
)
def test_a_change_of_a_fifth_is_seen_nineteen_times_in_twenty(shape: str, count: int) -> None:
    source = random.Random(shape)
    slower: Draw = lambda source: 1.2 * SHAPES[shape](source)  # noqa: E731 - a shape like the others
    tested = seen = 0
    for _ in range(6):
        pairs = {str(n): (sample(SHAPES[shape], count, source), sample(slower, count, source)) for n in range(8)}
        medians = [each[0] for each in effects(pairs).values()]
        tested += len(medians)
        seen += sum(effect.verdict is Verdict.SLOWER for effect in medians)
    assert seen / tested >= 0.95


def test_the_interval_holds_the_true_ratio_about_as_often_as_it_says() -> None:
    source = random.Random(5)
    held = tested = 0
    for _ in range(40):
        pair = (sample(log_normal(10, 0.5), 150, source), sample(log_normal(4, 0.5), 150, source))
        [median, *_] = effects({"x": pair})["x"]
        tested += 1
        held += median.low <= 2.5 <= median.high
    assert held / tested >= 0.85


def test_a_few_samples_suffice_for_a_large_difference_and_not_for_a_small_one() -> None:
    source = random.Random(7)
    few = {str(n): (sample(log_normal(900, 0.2), 6, source), sample(log_normal(1, 0.4), 6, source)) for n in range(30)}
    assert {each[0].verdict for each in effects(few).values()} == {Verdict.FASTER}
    close = {"x": (sample(log_normal(10, 0.3), 6, source), sample(log_normal(9, 0.3), 6, source))}
    assert effects(close)["x"][0].verdict is Verdict.NO_DIFFERENCE


def test_a_sure_difference_that_does_not_matter_is_none() -> None:
    source = random.Random(9)
    pair = (sample(log_normal(10.3, 0.05), 2000, source), sample(log_normal(10, 0.05), 2000, source))
    [median, *_] = effects({"x": pair})["x"]
    assert median.p_value < 0.01
    assert median.verdict is Verdict.NO_DIFFERENCE


def test_a_tail_that_grew_is_seen_behind_a_median_that_did_not() -> None:
    source = random.Random(11)
    steady = log_normal(5, 0.1)
    stalling: Draw = lambda source: steady(source) * (40 if source.random() < 0.03 else 1)  # noqa: E731 - as above
    shown = effects({"x": (sample(steady, 3000, source), sample(stalling, 3000, source))})["x"]
    assert [(effect.percentile, effect.verdict) for effect in shown] == [
        (50, Verdict.NO_DIFFERENCE),
        (95, Verdict.NO_DIFFERENCE),
        (99, Verdict.SLOWER),
    ]


def test_a_percentile_with_few_samples_beyond_it_gets_no_verdict() -> None:
    source = random.Random(13)
    shown = effects({"x": (sample(log_normal(9, 0.1), 150, source), sample(log_normal(1, 0.1), 150, source))})["x"]
    assert [effect.verdict for effect in shown] == [Verdict.FASTER, Verdict.TOO_FEW, Verdict.TOO_FEW]
    assert shown[1].low > 1


def test_too_few_samples_show_nothing_and_equal_ones_no_difference() -> None:
    constant = Spread((4.0,), (50,))
    assert effects({"x": (Spread((4.0,), (4,)), constant)}) == {"x": ()}
    [median, tail] = effects({"x": (constant, constant)})["x"]
    assert (median.verdict, median.times_faster, median.low, median.high) == (Verdict.NO_DIFFERENCE, 1.0, 1.0, 1.0)
    assert tail.verdict is Verdict.TOO_FEW
    assert effects({"x": (constant, Spread((2.0,), (50,)))})["x"][0].verdict is Verdict.FASTER
    assert effects({"x": (Spread((), ()), Spread((), ()))}) == {"x": ()}


def test_the_same_runs_give_the_same_effects() -> None:
    source = random.Random(15)
    pairs = {"x": (sample(log_normal(9, 0.3), 80, source), sample(log_normal(8, 0.3), 80, source))}
    once: tuple[Effect, ...] = effects(pairs)["x"]
    assert effects(pairs)["x"] == once


def test_holms_correction_is_the_published_one() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize(
    ("x", "a", "b", "expected"),
    [(0.3, 2, 5, 0.579825), (0.5, 0.5, 0.5, 0.5), (0.95, 99, 2, 0.0370812), (0.5, 300, 301, 0.5162856)],
)
def test_the_beta_distribution(x: float, a: float, b: float, expected: float) -> None:
    assert beta_below(x, a, b) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("t", "freedom", "expected"), [(2.571, 5, 0.05), (40, 6, 1.6318e-8), (1.96, 1e6, 0.05)])
def test_students_distribution(t: float, freedom: float, expected: float) -> None:
    assert student_beyond(t, freedom) == pytest.approx(expected, rel=1e-3)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(0, 4_000_000), min_size=1, max_size=60))
def test_a_histogram_keeps_every_time_to_a_tenth_of_a_percent(measured: list[float]) -> None:
    times = Times()
    for ms in measured:
        times.record(ms)
    again = read_times(times.text)
    assert list(again.buckets()) == list(times.buckets())
    assert again.count == len(measured)
    held = spread(again)
    for position, ms in enumerate(sorted(min(each, 3_600_000) for each in measured), start=1):
        assert held.at(position) == pytest.approx(ms, rel=1e-3, abs=1.1e-4)


@pytest.mark.parametrize(
    "text", ["x", "!!!!", "é", "AAAA", "HISTFAAAAA", "HISTFAAAABx4nJNpmSzMwMDA" * 3, "A" * 600_000]
)
def test_what_is_no_histogram_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a histogram that"):
        read_times(text)
