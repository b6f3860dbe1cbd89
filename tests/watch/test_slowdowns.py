import pytest

from pgclinic.model.history import StatementTotal
from pgclinic.model.watching import StatementDelta
from pgclinic.watch.slowdowns import slowdowns


def total(
    queryid: str, calls: int, mean_ms: float, stddev_ms: float | None = None, verb: str = "select"
) -> StatementTotal:
    deviation = mean_ms / 2 if stddev_ms is None else stddev_ms
    gained = StatementDelta(
        queryid=queryid, role="app", calls=calls, total_ms=calls * mean_ms, mean_ms=mean_ms, stddev_ms=deviation
    )
    return StatementTotal(gained=gained, text=f"select {queryid}", fingerprint=f"f{queryid}", verb=verb)


def test_a_statement_that_takes_longer_is_found_with_its_factor() -> None:
    (found,) = slowdowns(
        [total("1", 10_000, 2.0), total("2", 10_000, 5.0)], [total("1", 900, 6.0), total("2", 900, 5.1)]
    )
    assert (found.queryid, found.fingerprint, found.factor) == ("1", "f1", pytest.approx(3.0))
    assert found.chance < 1e-6


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (total("1", 10_000, 2.0), total("1", 10_000, 2.4)),  # it does not matter
        (total("1", 40, 2.0, 40.0), total("1", 40, 4.0, 40.0)),  # it may be chance
        (total("1", 10, 2.0), total("1", 10, 20.0)),  # too few calls
        (total("1", 9_000, 2.0, verb="utility"), total("1", 9_000, 20.0, verb="utility")),  # nobody waits for it
        (total("1", 10_000, 9.0), total("1", 10_000, 2.0)),  # it got faster
        (total("2", 10_000, 2.0), total("1", 10_000, 9.0)),  # it is new
    ],
)
def test_nothing_is_said_where_nothing_is_to_be_said(before: StatementTotal, now: StatementTotal) -> None:
    assert slowdowns([before], [now]) == ()


def test_a_share_too_small_to_notice_is_left_out() -> None:
    heavy = total("2", 100_000, 50.0)
    assert slowdowns([total("1", 1000, 0.1), heavy], [total("1", 1000, 1.0), heavy]) == ()


def test_what_costs_most_comes_first() -> None:
    before = [total("1", 1000, 1.0), total("2", 1000, 1.0)]
    now = [total("1", 1000, 2.0), total("2", 1000, 9.0)]
    assert [each.queryid for each in slowdowns(before, now)] == ["2", "1"]
