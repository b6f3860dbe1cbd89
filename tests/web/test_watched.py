"""Databases that are watched: curves, spans, activity, alerts, and any moment of the past."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pgclinic.grading.blocking import blocking_lines
from pgclinic.model.activity import Session
from pgclinic.model.evidence import Provenance, Unit
from pgclinic.model.history import StatementText
from pgclinic.model.names import ObjectName
from pgclinic.model.watching import IndexDelta, Observation, Sample, StatementDelta, TableDelta
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from pgclinic.watch.history import History
from pgclinic.web.visit import Visit
from pgclinic.web.watched import Watched

TARGET = "[local]:5432/shop"
TABLE = ObjectName("table", "orders", "public")
SESSIONS = (
    Session(
        pid=1,
        application="job",
        kind="client backend",
        state="idle in transaction",
        transaction_at="2026-11-27T10:00:00+00:00",
    ),
    Session(
        pid=2,
        application="web",
        kind="client backend",
        state="active",
        wait_type="Lock",
        wait_event="transactionid",
        blocked_by=(1,),
    ),
    Session(
        pid=3,
        application="<b>web</b>",
        kind="client backend",
        state="active",
        wait_type="Lock",
        wait_event="tuple",
        blocked_by=(2,),
    ),
    Session(pid=4, application="web", kind="client backend", state="active"),
)


def samples(until: datetime) -> Iterator[Sample]:
    """Ten looks, thirty seconds apart; the last one sees who waits."""
    for number in range(10):
        yield Sample(
            target=TARGET,
            at=(until - timedelta(seconds=30 * (9 - number))).isoformat(),
            seconds=30.0 if number else None,
            gap="" if number else "first",
            observations=(
                Observation(
                    name="p95_ms", value=10.0 + number, unit=Unit.MILLISECONDS, provenance=Provenance.ESTIMATED
                ),
                Observation(name="calls_per_s", value=number * 2.0, unit=Unit.COUNT),
            ),
            statements=(StatementDelta(queryid="7", role="app", calls=60, total_ms=600.0, mean_ms=10.0),),
            tables=(
                TableDelta(
                    relation=1, object=TABLE, seq_scan=3, live_rows=1000, dead_rows=10, bytes=8192 * (number + 1)
                ),
            ),
            indexes=(
                IndexDelta(
                    relation=2, object=ObjectName("index", "orders_pkey", "public", "orders"), scans=5, bytes=8192
                ),
            ),
            sessions=SESSIONS if number == 9 else (),
        )


@pytest.fixture
def history(tmp_path: Path, seen: Any) -> Iterator[tuple[History, datetime]]:
    """A real store with five minutes in it and one checkup at their end."""
    now = datetime.now(UTC)
    found = History(f"sqlite:///{tmp_path / 'history.sqlite'}")
    found.write_all(list(samples(now)))
    found.write_texts(
        TARGET,
        [StatementText(queryid="7", role="app", text="select * from orders", fingerprint="f" * 16, verb="select")],
    )
    examined = drive(checkup(seen))
    header = msgspec.structs.replace(examined.header, clock=(now - timedelta(seconds=60)).isoformat())
    found.write_checkup(TARGET, msgspec.structs.replace(examined, header=header))
    yield found, now
    found.close()


def test_history_is_told_as_curves_and_by_span(history: tuple[History, datetime], serving: Callable[..., Any]) -> None:
    dashboard = serving(Watched(history[0], TARGET).database)
    with dashboard.script() as script:
        (key,) = (each["key"] for each in script.get("/api/databases").json())
        curves = script.get(f"/api/databases/{key}/history?names=p95_ms,calls_per_s,unheard_of").json()
        assert [each["name"] for each in curves] == ["p95_ms", "calls_per_s"]
        assert curves[0]["values"] == [10.0 + number for number in range(10)]
        assert curves[0]["provenance"] == "estimated"
        (line,) = script.get(f"/api/databases/{key}/statements").json()["lines"]
        assert (line["calls"], line["mean_ms"], line["fingerprint"]) == (600, 10.0, "f" * 16)
        mean, calls = script.get(f"/api/databases/{key}/statements/{'f' * 16}/history").json()
        assert set(mean["values"]) == {10.0}
        assert calls["values"][-1] == 2.0
        (table,) = script.get(f"/api/databases/{key}/tables").json()["lines"]
        assert (table["seq_scans"], table["heap_bytes"]) == (30, 8192 * 10)
        assert script.get(f"/api/databases/{key}/indexes").json()["lines"][0]["scans"] == 50
        assert [each["pid"] for each in script.get(f"/api/databases/{key}/blocking").json()] == [1, 2, 3]


def test_pages_of_what_is_watched_are_there_now_and_at_any_moment(
    history: tuple[History, datetime], serving: Callable[..., Any]
) -> None:
    store, now = history
    dashboard = serving(Watched(store, TARGET).database)
    with dashboard.browser() as browser:
        home = str(browser.get("/").url.path)
        for path in ("", "statements", "tables", "activity", "findings", "prescriptions", "whatif", "treatment"):
            for query in ("", f"?at={now.isoformat()}", "?span=7d", "?span=all"):
                answer = browser.get(f"{home}{path}{query}")
                assert answer.status_code == 200, (path, query, answer.text)
                assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:", answer.text)
        activity = browser.get(f"{home}activity").text
        assert "&lt;b&gt;web" in activity
        assert "Nobody waits for anybody." not in activity
        earlier = (now - timedelta(seconds=45)).isoformat()
        assert "Nobody waits for anybody." in browser.get(f"{home}activity", params={"at": earlier}).text
        assert browser.get(home, params={"at": "2001-01-01"}).status_code == 400
        assert browser.get(home, params={"at": "yesterday"}).status_code == 400
        assert "19 ms" in browser.get(home).text
        plan = browser.get(f"{home}statements/{'f' * 16}/plan")
        assert "No whole visit of that moment is at hand" in plan.text


def test_a_database_that_was_never_examined_says_so(tmp_path: Path, serving: Callable[..., Any]) -> None:
    store = History(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    store.write_all(list(samples(datetime.now(UTC))))
    dashboard = serving(Watched(store, TARGET).database, Watched(store, "another").database)
    with dashboard.browser() as browser, dashboard.script() as script:
        assert "not seen yet" in browser.get("/").text
        assert "has not been examined yet" in browser.get("/databases/local-5432-shop/").text
        assert script.get("/api/databases").json()[0]["grade"] is None
        assert browser.get("/databases/local-5432-shop/findings").status_code == 400
    store.close()


def test_blocking_is_followed_from_the_root_and_circles_end() -> None:
    lines = blocking_lines(SESSIONS)
    assert [(each.pid, each.depth, each.waiting) for each in lines] == [(1, 0, 2), (2, 1, 1), (3, 2, 0)]
    circle = (Session(pid=5, blocked_by=(6,)), Session(pid=6, blocked_by=(5,)), Session(pid=7, blocked_by=(0,)))
    assert {each.pid for each in blocking_lines(circle)} == {0, 5, 6, 7}
    assert next(each for each in blocking_lines(circle) if each.pid == 0).session is None
    assert blocking_lines(()) == ()


def test_a_newer_checkup_of_somebody_else_is_shown_and_plans_go_on(
    history: tuple[History, datetime], seen: Any
) -> None:
    store, now = history
    watched = Watched(store, TARGET)
    first = watched.latest()
    assert first is not None
    assert watched.latest() is first
    watched._shown = Visit(seen, first.checkup)
    newer = msgspec.structs.replace(first.checkup.header, clock=now.isoformat())
    store.write_checkup(TARGET, msgspec.structs.replace(first.checkup, header=newer))
    second = watched.latest()
    assert second is not None
    assert second.clock == now.isoformat()
    assert second.snapshot is seen
