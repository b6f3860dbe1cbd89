from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from pgclinic.model.evidence import Unit
from pgclinic.model.history import StatementText
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import StatementGain
from pgclinic.model.snapshot import Server
from pgclinic.model.watching import IndexDelta, Sample, StatementDelta
from pgclinic.sql.statements import fingerprint
from pgclinic.verbs.driving import drive
from pgclinic.verbs.nightly import as_sample, nightly
from pgclinic.verbs.nights import Nights, is_due, told
from pgclinic.verbs.treat import treat
from pgclinic.watch.history import History
from pgclinic.watch.index_use import index_use
from pgclinic.watch.moments import SECOND, iso, micros
from treating import course_of, make_table, on_column

SEARCH = "select * from calls where phone = $1"


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, "2026-01-02T12:00:00", True),
        ("2026-01-01T03:05:00+00:00", "2026-01-02T02:59:00", False),
        ("2026-01-01T03:05:00+00:00", "2026-01-02T03:01:00", True),
        ("2026-01-02T02:00:00+00:00", "2026-01-02T12:00:00", True),
        ("2026-01-02T03:00:00+00:00", "2026-01-02T12:00:00", False),
    ],
)
def test_a_checkup_is_due_when_its_hour_has_come_since_the_last(last: str | None, now: str, *, due: bool) -> None:
    assert is_due(last, datetime.fromisoformat(now).replace(tzinfo=UTC), time(3)) is due


def kept(name: str, history: History, at: str, mean_ms: float, *, seconds: float, scans: int = 0) -> None:
    history.write(
        Sample(
            target=name,
            at=at,
            seconds=seconds,
            statements=(
                StatementDelta(
                    queryid="9", role="app", calls=5000, total_ms=5000 * mean_ms, mean_ms=mean_ms, stddev_ms=mean_ms
                ),
            ),
            indexes=(IndexDelta(relation=77, object=ObjectName("index", "by_day", "public"), scans=scans),),
        )
    )


@pytest.mark.server
def test_a_night_grades_and_finds_what_got_slower_since_last_week_and_since_a_treatment(
    database_on: Callable[[int], Any], tmp_path: Path
) -> None:
    database = database_on(18)
    make_table(database)
    gain = StatementGain(fingerprint=fingerprint(SEARCH), name="search", sql=SEARCH, cost_before=9.0, cost_after=1.0)
    course = course_of(database, on_column("phone", gains=(gain,)), on_column("status"))
    drive(treat(database.conninfo, course))
    database.execute(
        "update pgclinic.journal set started_at = started_at - interval '3 h', ended_at = ended_at - interval '3 h'"
    )
    now = datetime.now(UTC)
    history = History(str(tmp_path / "history.sqlite"))
    kept("shop", history, (now - timedelta(days=3)).isoformat(), 1.0, seconds=86_400)
    kept("shop", history, (now - timedelta(hours=1)).isoformat(), 4.0, seconds=3_000)
    history.write_texts(
        "shop",
        [StatementText(queryid="9", role="app", text=SEARCH, fingerprint=fingerprint(SEARCH), verb="select")],
    )
    night = drive(nightly("shop", database.conninfo, history))
    assert [each.letter for each in history.grades("shop")] == [night.letter]
    checkup = history.checkup("shop")
    assert checkup is not None
    assert checkup.grade.score == night.score
    assert history.night("shop") == night
    assert [(each.queryid, round(each.factor)) for each in night.slower] == [("9", 4)]
    assert [(each.item, each.object.name) for each in night.harmed] == [(1, "calls_phone_idx")]
    assert any("pgclinic undo TARGET --item 1" in line for line in told("shop", night))
    (points,) = as_sample("shop", night).observations
    assert (points.name, points.value, points.unit) == ("grade_points", night.score, Unit.COUNT)
    history.close()


@pytest.mark.server
def test_an_index_is_unused_only_when_no_reset_and_no_replica_hides_its_use(
    database_on: Callable[[int], Any], tmp_path: Path
) -> None:
    database = database_on(18)
    make_table(database, rows=60_000)
    database.execute("create index by_phone on calls (phone)")
    database.execute("create index by_status on calls (status, phone, id)")
    oids = dict(
        database.execute("select relname::text, oid::int8 from pg_class where relkind = 'i' and relname ~ '^by_'")
    )
    identifier = database.execute("select system_identifier::text from pg_control_system()")[0][0]
    history = History(str(tmp_path / "history.sqlite"))
    now = datetime.now(UTC)
    for name, is_standby in (("shop", False), ("replica", True)):
        server = Server(
            version_num=180000,
            version="18",
            database=database.name,
            system_identifier=identifier,
            in_recovery=is_standby,
        )
        for day in range(40):
            scans = 3 if is_standby and day == 5 else 0
            at = (now - timedelta(days=day, seconds=1)).isoformat()
            delta = IndexDelta(relation=oids["by_phone"], object=ObjectName("index", "by_phone", "public"), scans=scans)
            history.write(Sample(target=name, at=at, seconds=86_400.0, indexes=(delta,)))
        history.describe(name, server)
    night = drive(nightly("shop", database.conninfo, history))
    checkup = history.checkup("shop")
    assert checkup is not None
    unused = {each.object.name: each for each in checkup.findings if each.check == "unused_index"}
    assert "by_phone" not in unused
    assert unused["by_status"].remedy is not None  # forty days are long enough to drop it
    assert night.servers == ("replica", "shop")
    assert night.watched_seconds == pytest.approx(40 * 86_400, rel=0.01)
    history.close()


def test_gaps_in_the_watching_are_no_evidence(tmp_path: Path) -> None:
    history = History(str(tmp_path / "history.sqlite"))
    begin = micros("2026-01-01T00:00:00+00:00")
    for day in (1, 2, 30):
        kept("shop", history, iso(begin + day * 86_400 * SECOND), 1.0, seconds=86_400)
    use = index_use(history, "shop", iso(begin + 30 * 86_400 * SECOND))
    assert (use.since, round(use.watched_seconds / 86_400), round(use.window_seconds / 86_400)) == (None, 3, 30)
    history.close()


def test_a_checkup_that_fails_is_said_and_tried_again_later(tmp_path: Path) -> None:
    history = History(str(tmp_path / "history.sqlite"))
    now = datetime(2026, 1, 2, 12, tzinfo=UTC)
    nights = Nights([("shop", "host=127.0.0.1 port=1 dbname=shop")], history, time(3))
    said: list[str] = []
    while not said:
        said += nights.step(now)
    assert said[0].startswith("shop: the checkup failed: Cannot connect")
    assert list(nights.step(now + timedelta(minutes=59))) == []
    nights.close()
    history.close()
