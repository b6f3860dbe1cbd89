from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from pgclinic.model.evidence import Provenance
from pgclinic.model.names import ObjectName
from pgclinic.model.watching import Sample, StatementDelta, TableDelta
from pgclinic.watch.history import History
from pgclinic.watch.moments import SECOND, iso, micros
from pgclinic.watch.observing import observed
from pgclinic.watch.upkeep import Retention, keep_up

BEGIN = micros("2026-01-02T00:00:00+00:00")
ORDERS = ObjectName("table", "orders", "public")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    if request.param == "sqlite":
        opened = History(str(tmp_path / "history.sqlite"))
    else:
        database_on: Callable[[int], Any] = request.getfixturevalue("database_on")
        given = conninfo_to_dict(database_on(18).conninfo)
        place = f"{given['user']}:{given.get('password', '')}@/{given['dbname']}"
        opened = History(f"postgresql://{place}?host={given['host']}&port={given['port']}")
    yield opened
    opened.close()


def at(seconds: float) -> str:
    return iso(BEGIN + int(seconds * SECOND))


def looks(begin: int, end: int, step: int = 60) -> list[Sample]:
    return [
        Sample(
            target="shop",
            at=at(second),
            seconds=float(step),
            gap="missed" if second == 120 else "",
            observations=(
                observed("connections", float(second)),
                observed("p95_ms", None, provenance=Provenance.ESTIMATED),
            ),
            statements=(StatementDelta(queryid="9", role="app", calls=10, total_ms=20.0, mean_ms=2.0),),
            tables=(TableDelta(relation=1, object=ORDERS, inserted=1),),
        )
        for second in range(begin, end + 1, step)
    ]


def sums(history: History, since: str | None = None, until: str | None = None) -> tuple[int, int]:
    calls = sum(each.gained.calls for each in history.statements("shop", since, until))
    return calls, sum(each.inserted for each in history.tables("shop", since, until))


def test_sums_stay_the_same_at_every_resolution(history: History) -> None:
    history.write_all(looks(60, 7800))
    before = sums(history), sums(history, at(3600)), sums(history, at(3000), at(6000)), sums(history, at(60), at(7200))
    assert keep_up(history, "shop", at(7800), Retention()) == 25 + 2
    after = sums(history), sums(history, at(3600)), sums(history, at(3000), at(6000)), sums(history, at(60), at(7200))
    assert before == after
    assert keep_up(history, "shop", at(7800), Retention()) == 0


def test_what_was_sampled_is_forgotten_and_its_sums_are_not(history: History) -> None:
    history.write_all(looks(60, 4 * 3600))
    keep_up(history, "shop", at(4 * 3600), Retention(sampled_days=1 / 24))
    assert sums(history) == (2400, 240)
    assert min(micros(each.at) for each in history.samples("shop")) == BEGIN + (3 * 3600 + 60) * SECOND
    points = history.observations("shop", "connections", until=at(3600))
    assert [each.seconds for each in points] == [3600]
    five = history.observations("shop", "connections", since=at(0), until=at(600), resolution=300)
    assert [(each.value, each.low, each.high) for each in five] == [(180.0, 60.0, 300.0), (480.0, 360.0, 600.0)]
    percentiles = history.observations("shop", "p95_ms", since=at(0), until=at(600), resolution=300)
    assert [each.value for each in percentiles] == [pytest.approx(2.0)] * 2


def test_a_late_sample_is_put_to_the_others(history: History) -> None:
    everything = looks(60, 1200)
    late = everything.pop(2)
    history.write_all(everything)
    keep_up(history, "shop", at(1200), Retention())
    history.write(late)
    assert keep_up(history, "shop", at(1200), Retention()) == 1
    keep_up(history, "shop", at(1200), Retention())
    assert sums(history, at(0), at(900)) == (150, 15)


def test_a_clock_ahead_forgets_nothing(history: History) -> None:
    history.write_all(looks(60, 1200))
    keep_up(history, "shop", "2036-01-01T00:00:00+00:00", Retention())
    assert len(history.samples("shop")) == 20


def test_what_was_left_over_long_ago_is_put_together_before_it_is_forgotten(history: History) -> None:
    history.write_all(looks(60, 1200))
    history.write_all(looks(5 * 86_400, 5 * 86_400 + 600))
    keep_up(history, "shop", at(5 * 86_400 + 600), Retention(), is_thorough=True)
    assert sums(history) == (310, 31)


def test_a_late_sample_is_counted_before_it_is_put_to_the_others(history: History) -> None:
    everything = looks(60, 7800)
    late = everything.pop(2)
    history.write_all(everything)
    keep_up(history, "shop", at(7800), Retention())
    assert sums(history) == (1290, 129)
    history.write(late)
    assert sums(history) == (1300, 130)


def test_what_is_left_of_a_bucket_is_not_put_together_instead_of_it(history: History) -> None:
    """A clock that was set back by days brings a look of a time of which only the bucket is kept."""
    everything = looks(60, 5 * 3600)
    late = everything.pop(2)
    history.write_all(everything)
    keep_up(history, "shop", at(5 * 3600), Retention(sampled_days=1 / 24))
    history.write(late)
    keep_up(history, "shop", at(5 * 3600), Retention(sampled_days=1 / 24), is_thorough=True)
    assert sums(history) == (2990, 299)
