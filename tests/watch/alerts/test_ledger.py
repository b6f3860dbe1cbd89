"""Nobody is told twice: across restarts, with several watchers, on SQLite and on PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy.engine import Engine

from alerting import at, sample, seen
from pgclinic.model.alerting import AlertHistory, ChannelRecord
from pgclinic.model.finding import Severity
from pgclinic.model.watching import Sample
from pgclinic.watch.alerts import episodes, tellings
from pgclinic.watch.alerts.engine import Change, judged
from pgclinic.watch.alerts.episodes import alerts_at
from pgclinic.watch.alerts.ledger import MOST_WAITING, Ledger, Waiting
from pgclinic.watch.alerts.measures import Measures
from pgclinic.watch.alerts.notices import Notice, notice_of
from pgclinic.watch.alerts.rules_file import read
from pgclinic.watch.moments import micros
from pgclinic.watch.store import open_store

RULES = read(None, {})
Engines = Callable[[], Engine]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engines]:
    """Call it for another connection pool to the same store."""
    made: list[Engine] = []
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store.db'}"
    else:
        with request.getfixturevalue("database").connect() as connection:
            parameters = {**connection.info.get_parameters(), "password": connection.info.password}
        url = f"postgresql:///?{urlencode(parameters)}"

    def another() -> Engine:
        made.append(open_store(url))
        return made[-1]

    yield another
    for engine in made:
        engine.dispose()


def hear(ledger: Ledger, each: Sample) -> tuple[Change, ...]:
    changes = tuple(judged(RULES, each, ledger.standings(each.target), Measures()))
    return ledger.record(each, changes, _told, 1_000.0)


def _told(change: Change) -> list[tuple[str, Notice]]:
    notice = notice_of(change)
    return [("team", notice)] if notice else []


def waiting(ledger: Ledger, now: float = 1_000.0) -> list[Notice]:
    return [each.notice for each in ledger.take("team", "somebody", now, 1_000)]


def blocked(minute: float, seconds: float) -> Sample:
    return sample(minute, seen("longest_block_s", seconds))


def test_a_watcher_that_is_started_again_goes_on_where_it_was(store: Engines) -> None:
    hear(Ledger(store()), blocked(0, 60))
    again = Ledger(store())
    hear(again, blocked(1, 70))
    hear(again, blocked(2, 0))
    hear(again, blocked(3, 60))
    assert [notice.is_resolved for notice in waiting(again)] == [False, True, False]


def test_who_looks_at_the_same_samples_later_tells_nothing(store: Engines) -> None:
    one, two = Ledger(store()), Ledger(store())
    samples = [blocked(minute, 60 if minute % 3 else 0) for minute in range(9)]
    for each in samples:
        hear(one, each)
    for each in samples:
        assert hear(two, each) == ()
    assert len(waiting(one)) == 5


def test_many_watchers_at_once_tell_each_edge_once(store: Engines) -> None:
    samples = [blocked(minute, 60 if minute % 4 > 1 else 0) for minute in range(24)]
    engines = [store() for _ in range(4)]

    def watch(engine: Engine) -> None:
        for each in samples:
            hear(Ledger(engine), each)

    threads = [threading.Thread(target=watch, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = waiting(Ledger(engines[0]))
    assert [notice.is_resolved for notice in sorted(told, key=lambda one: one.at)] == 5 * [False, True] + [False]


def test_an_unreachable_server_is_told_once_by_two(store: Engines) -> None:
    one, two = Ledger(store()), Ledger(store())
    for minute in range(4):
        for ledger in (one, two):
            hear(ledger, sample(minute, gap="unreachable"))
    for ledger in (one, two):
        hear(ledger, sample(4))
    assert [notice.rule for notice in waiting(one)] == ["unreachable", "unreachable"]


def test_a_message_is_handed_to_one_sender_and_after_its_lease_to_another(store: Engines) -> None:
    one, two = Ledger(store()), Ledger(store())
    hear(one, blocked(0, 60))
    (mine,) = one.take("team", "a", 1_000, 10)
    assert two.take("team", "b", 1_001, 10) == ()
    (late,) = two.take("team", "b", 5_000, 10)
    assert (late.number, late.attempts) == (mine.number, 2)
    two.delivered("team", [late], [], 5_001)
    assert one.take("team", "a", 99_000, 10) == ()


def test_the_oldest_make_room_where_too_many_wait(store: Engines) -> None:
    ledger = Ledger(store())
    many = [("team", _notice(str(number))) for number in range(MOST_WAITING + 5)]
    ledger.tell(many, 0.0)
    kept: tuple[Waiting, ...] = ledger.take("team", "a", 1.0, MOST_WAITING + 5)
    assert (len(kept), kept[0].notice.object) == (MOST_WAITING, "5")


def test_what_nobody_could_be_told_for_a_day_is_dropped(store: Engines) -> None:
    ledger = Ledger(store())
    ledger.tell([("team", _notice("old"))], 0.0)
    ledger.tell([("team", _notice("new"))], 50_000.0)
    assert ledger.drop_old(100_000.0) == 1
    assert [each.notice.object for each in ledger.take("team", "a", 100_000.0, 9)] == ["new"]


def past(engine: Engine, until: float | None = None) -> AlertHistory:
    return alerts_at(engine, ["shop"], at(-60), None if until is None else at(until))


def test_the_past_knows_each_alert_its_line_its_worst_and_who_was_told(store: Engines) -> None:
    engine = store()
    ledger = Ledger(engine)
    for minute, seconds in enumerate((60, 90, 70, 1)):
        hear(ledger, blocked(minute, seconds))
    assert past(engine).standing == ()
    (alert,) = past(engine).resolved
    assert (alert.rule, alert.comparison, alert.threshold, alert.worst) == ("blocker_chain", ">", 15.0, 90.0)
    assert (alert.fired_at, alert.resolved_at, alert.value) == (at(0), at(3), None)
    assert [(each.channel, each.is_resolved, each.sent_at) for each in alert.tellings] == [
        ("team", False, None),
        ("team", True, None),
    ]
    taken = ledger.take("team", "a", 1_000, 10)
    ledger.put_off("team", taken, 1_001, "refused")
    ledger.put_off("team", taken[1:], 1_002, "refused again")
    ledger.delivered("team", taken[:1], [], 1_003)
    (alert,) = past(engine).resolved
    assert [(each.failed, each.failure, each.sent_at is None) for each in alert.tellings] == [
        (1, "", False),
        (2, "refused again", True),
    ]
    assert past(engine).channels == (
        ChannelRecord(name="team", sent=1, given_up=1, failed_attempts=3, failure="refused again"),
    )


def test_alerts_are_known_as_they_stood_at_any_moment(store: Engines) -> None:
    engine = store()
    ledger = Ledger(engine)
    for minute, seconds in enumerate((1, 60, 60, 1, 70)):
        hear(ledger, blocked(minute, seconds))
    assert [len(past(engine, minute).standing) for minute in (0.5, 1.5, 2.5, 3.5, 4.5)] == [0, 1, 1, 0, 1]
    assert [len(past(engine, minute).resolved) for minute in (2.5, 3.5)] == [0, 1]
    assert past(engine, 2.5).standing[0].resolved_at is None
    assert [(each.value, each.worst) for each in past(engine).standing] == [(70.0, 70.0)]
    assert [len(each.tellings) for each in past(engine).standing] == [1]


def test_a_store_that_could_not_be_written_is_brought_in_line(store: Engines) -> None:
    engine = store()
    ledger = Ledger(engine)
    hear(ledger, blocked(0, 60))
    gone = ledger.standings("shop")
    hear(ledger, sample(1, seen("longest_block_s", 1), seen("idle_in_transaction_s", 900)))
    came = ledger.standings("shop")
    ledger.restore(sample(2), tuple(gone.values()), RULES.rules)
    ledger.restore(sample(3), tuple(came.values()), RULES.rules)
    assert [each.rule for each in past(engine).standing] == ["idle_in_transaction"]
    assert sorted((each.rule, each.resolved_at) for each in past(engine).resolved) == [
        ("blocker_chain", at(1)),
        ("blocker_chain", at(3)),
        ("idle_in_transaction", at(2)),
    ]


def test_the_past_is_forgotten_but_never_what_stands(store: Engines) -> None:
    engine = store()
    ledger = Ledger(engine)
    for minute, seconds in enumerate((60, 1, 60)):
        hear(ledger, blocked(minute, seconds))
    with engine.begin() as connection:
        episodes.forget(connection, "shop", micros(at(100)))
        tellings.forget(connection, "shop", micros(at(100)))
    assert past(engine).resolved == ()
    assert [each.tellings for each in past(engine).standing] == [()]


def _notice(name: str) -> Notice:
    return Notice(target="shop", rule="p95", object=name, severity=Severity.INFO, at="2026-01-01T00:00:00Z", text="x")
