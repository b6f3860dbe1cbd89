from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from pgclinic.model.activity import Session
from pgclinic.model.errors import UserError
from pgclinic.model.evidence import Provenance
from pgclinic.model.history import StatementText
from pgclinic.model.names import ObjectName
from pgclinic.model.watching import IndexDelta, Sample, StatementDelta, TableDelta
from pgclinic.watch.history import History
from pgclinic.watch.observing import observed

ORDERS = ObjectName("table", "orders", "public")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[History]:
    if request.param == "sqlite":
        opened = History(str(tmp_path / "history.sqlite"))
    else:
        database_on: Callable[[int], Any] = request.getfixturevalue("database_on")
        opened = History(uri_of(database_on(18)))
    yield opened
    opened.close()


def uri_of(database: Any) -> str:
    given = conninfo_to_dict(database.conninfo)
    return (
        f"postgresql://{given['user']}:{given.get('password', '')}@/{given['dbname']}"
        f"?host={given['host']}&port={given['port']}"
    )


def made(minute: int, calls: int = 1, **more: Any) -> Sample:
    return Sample(
        **{
            "target": "shop",
            "at": f"2026-01-02T10:{minute:02d}:00+00:00",
            "seconds": 60.0,
            "observations": (
                observed("p95_ms", float(minute), provenance=Provenance.ESTIMATED),
                observed("slot_bytes", 7.0, of=ObjectName("replication slot", "a")),
            ),
            "statements": (StatementDelta(queryid="9", role="app", calls=calls, total_ms=2.0 * calls, mean_ms=2.0),),
            "tables": (TableDelta(relation=1, object=ORDERS, inserted=calls, live_rows=minute),),
            "indexes": (IndexDelta(relation=2, object=ObjectName("index", "by_day", "public"), scans=calls),),
            "sessions": (Session(pid=minute, role="app"),),
            **more,
        }
    )


def test_a_sample_is_kept_once(history: History) -> None:
    assert history.write(made(1))
    assert not history.write(made(1, calls=5))
    assert history.write_all([made(1), made(2)]) == 1
    assert [each.gained.calls for each in history.statements("shop")] == [2]


def test_what_was_written_comes_back(history: History) -> None:
    history.write(made(1))
    sample = made(2)
    history.write(sample)
    kept = history.last_sample("shop")
    assert kept is not None
    assert {(each.name, each.value, each.provenance, each.object) for each in kept.observations} == {
        (each.name, each.value, each.provenance, each.object) for each in sample.observations
    }
    assert (kept.statements, kept.tables, kept.indexes, kept.sessions, kept.at) == (
        sample.statements,
        sample.tables,
        sample.indexes,
        sample.sessions,
        sample.at,
    )
    before = history.last_sample("shop", made(1).at)
    assert before is not None
    assert before.at == made(1).at
    assert [each.pid for each in history.sessions("shop", "2026-01-02T10:01:30+00:00")] == [1]


def test_figures_come_in_order_of_time_and_of_one_object(history: History) -> None:
    history.write_all([made(minute) for minute in (3, 1, 2)])
    assert [each.value for each in history.observations("shop", "p95_ms")] == [1.0, 2.0, 3.0]
    since = history.observations("shop", "p95_ms", since=made(1).at, until=made(2).at)
    assert [(each.at, each.provenance) for each in since] == [(made(2).at, Provenance.ESTIMATED)]
    assert history.observations("shop", "slot_bytes") == ()
    assert len(history.observations("shop", "slot_bytes", ObjectName("replication slot", "a"))) == 3
    assert [name for name, _, _ in history.series("shop")] == ["p95_ms", "slot_bytes"]


def test_deltas_are_added_up_over_a_span(history: History) -> None:
    history.write_all([made(minute, calls=minute) for minute in (1, 2, 3)])
    history.write_texts("shop", [StatementText(queryid="9", role="app", text="select $1", verb="select")])
    (statement,) = history.statements("shop", since=made(1).at)
    assert (statement.gained.calls, statement.gained.mean_ms, statement.text) == (5, 2.0, "select $1")
    assert [(each.inserted, each.live_rows) for each in history.tables("shop")] == [(6, 3)]
    assert [each.scans for each in history.indexes("shop", until=made(2).at)] == [3]
    assert [each.gained.calls for each in history.statement_history("shop", "9")] == [1, 2, 3]
    assert [each.gained.inserted for each in history.table_history("shop", "orders")] == [1, 2, 3]
    assert [each.gained.scans for each in history.index_history("shop", "by_day")] == [1, 2, 3]


def test_gaps_are_kept_with_their_reason(history: History) -> None:
    history.write(made(1, seconds=None, gap="unreachable", reason="Cannot connect.", statements=()))
    assert [(each.gap, each.reason, each.seconds) for each in history.samples("shop")] == [
        ("unreachable", "Cannot connect.", None)
    ]
    assert history.last_sample("shop") is None


def test_only_one_holds_a_claim_until_it_runs_out(history: History) -> None:
    now, later = "2026-01-02T10:00:00+00:00", "2026-01-02T10:02:00+00:00"
    assert history.claim("shop", "a", now=now, seconds=60)
    assert history.claim("shop", "a", now=now, seconds=60)
    assert not history.claim("shop", "b", now=now, seconds=60)
    assert history.claim("shop", "b", now=later, seconds=60)
    history.release("shop", "b")
    assert history.claim("shop", "a", now=later, seconds=60)


def test_targets_are_listed_with_their_last_look(history: History) -> None:
    assert history.targets() == ()
    history.write(made(1))
    assert [(each.name, each.last_at) for each in history.targets()] == [("shop", made(1).at)]
    assert history.statements("never watched") == ()


def test_a_store_is_opened_again_as_it_was(tmp_path: Path) -> None:
    for number in (1, 2):
        history = History(f"sqlite:///{tmp_path}/folder/history.sqlite")
        history.write(made(number))
        assert len(history.samples("shop")) == number
        history.close()


@pytest.mark.parametrize("uri", ["mysql://user:secret@host/x", "sqlite:////dev/null/x", "postgresql://u:secret@h:x/d"])
def test_what_is_no_store_is_said_without_its_password(uri: str) -> None:
    with pytest.raises(UserError) as caught:
        History(uri)
    assert "secret" not in str(caught.value)
