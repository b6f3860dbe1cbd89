"""The history store on TimescaleDB's hypertables: the same sums, the same forgetting, over many chunks."""

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict

from extension_files import binaries_with
from pgclinic.instance import start
from pgclinic.model.watching import Sample, StatementDelta
from pgclinic.watch.history import History
from pgclinic.watch.moments import SECOND, iso, micros
from pgclinic.watch.observing import observed
from pgclinic.watch.upkeep import Retention, keep_up

pytestmark = pytest.mark.server
BEGIN = micros("2026-01-02T00:00:00+00:00")
DAY = 86_400


@pytest.fixture
def history() -> Iterator[History]:
    settings = {"shared_preload_libraries": "timescaledb", "timescaledb.telemetry_level": "off"}
    with start(binaries_with("timescaledb"), settings=settings) as instance:
        with psycopg.connect(instance.conninfo(), autocommit=True) as session:
            session.execute("create extension timescaledb")
        given = conninfo_to_dict(instance.conninfo())
        place = f"{given['user']}:{given.get('password', '')}@/{given['dbname']}"
        opened = History(f"postgresql://{place}?host={given['host']}&port={given['port']}")
        yield opened
        opened.close()


def looks(begin: int, end: int, step: int) -> list[Sample]:
    return [
        Sample(
            target="shop",
            at=iso(BEGIN + second * SECOND),
            seconds=float(step),
            observations=(observed("connections", 3.0),),
            statements=(StatementDelta(queryid="9", role="app", calls=10, total_ms=20.0, mean_ms=2.0),),
        )
        for second in range(begin + step, end + 1, step)
    ]


def chunks(history: History) -> dict[str, int]:
    found = sa.text("select hypertable_name, num_chunks from timescaledb_information.hypertables")
    with history.engine.connect() as connection:
        return {row.hypertable_name: row.num_chunks for row in connection.execute(found)}


def test_weeks_are_kept_in_chunks_and_put_together_and_forgotten_as_elsewhere(history: History) -> None:
    assert chunks(history) == {"samples": 0, "observations": 0}
    everything = looks(0, 30 * DAY, 12 * 3600)
    assert history.write_all(everything) == 60
    assert history.write_all(everything) == 0
    assert min(chunks(history).values()) >= 5

    calls = [each.gained.calls for each in history.statements("shop")]
    now = iso(BEGIN + 30 * DAY * SECOND)
    assert keep_up(history, "shop", now, Retention(), is_thorough=True) == 2 * 59
    assert len(history.samples("shop")) == 4
    assert [each.gained.calls for each in history.statements("shop")] == calls == [600]
    assert keep_up(history, "shop", now, Retention()) == 0

    handover = {"shop": b"what the next has to know"}
    history.write_all(looks(30 * DAY, 30 * DAY + 60, 30), handover)
    assert history.handover("shop") == handover["shop"]
