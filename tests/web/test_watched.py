"""Databases that are watched: curves, spans, activity, alerts, and any moment of the past."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, expect

from pgclinic.grading.blocking import blocking_lines
from pgclinic.model.activity import Session
from pgclinic.model.evidence import Provenance, Unit
from pgclinic.model.history import StatementText
from pgclinic.model.names import ObjectName
from pgclinic.model.watching import IndexDelta, Observation, Sample, StatementDelta, TableDelta
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from pgclinic.watch.history import History
from pgclinic.web.sections import SECTIONS
from pgclinic.web.visit import Visit
from pgclinic.web.watched import Watched

SECTION_PATHS = tuple(path for path, _ in SECTIONS)
WATCHED_PAGES = ("", f"statements/{'f' * 16}", "activity", "treatment", "tables/one?name=orders")
"""Those that look otherwise than a snapshot's, and have no browser test of their own."""
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


def test_tables_and_indexes_are_told_as_they_grew(
    history: tuple[History, datetime], serving: Callable[..., Any]
) -> None:
    dashboard = serving(Watched(history[0], TARGET).database)
    with dashboard.script() as script:
        base = "/api/databases/local-5432-shop"
        curves = {each["name"]: each for each in script.get(f"{base}/tables/history?name=orders").json()}
        assert curves["table_bytes"]["values"] == [8192 * (number + 1) for number in range(10)]
        assert curves["table_bytes"]["unit"] == "bytes"
        assert curves["bytes_a_row"]["values"][-1] == 81.92
        assert set(curves["dead_share"]["values"]) == {10 / 1010}
        (one,) = script.get(f"{base}/tables/history?name=orders&curves=live_rows").json()
        assert set(one["values"]) == {1000}
        (index,) = script.get(f"{base}/indexes/history?name=orders").json()
        assert (index["object"], len(index["values"])) == ("orders_pkey", 10)
        assert script.get(f"{base}/indexes/history?name=orders&schema=other").json() == []
        assert [each["at"] for each in script.get(f"{base}/tables/history?name=nothing").json()] == [[]] * 5
        assert script.get("/databases/local-5432-shop/tables/one?name=nothing").status_code == 404


@pytest.mark.end_to_end
@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1280, "light")])
def test_pages_of_what_is_watched_fit_and_are_usable_by_all(
    history: tuple[History, datetime],
    serving: Callable[..., Any],
    browser: Browser,
    faults: Callable[..., list[Any]],
    width: int,
    scheme: str,
) -> None:
    dashboard = serving(Watched(history[0], TARGET).database)
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(120_000)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(dashboard.address())
    home = page.url
    for path in WATCHED_PAGES:
        page.goto(home + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert faults(page) == [], path
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
    expect(page.locator("figure.plot canvas")).to_have_count(4)
    expect(page.get_by_role("figure", name=re.compile("Size, with indexes and TOAST: size 80 kB"))).to_be_visible()
    expect(page.get_by_role("figure", name=re.compile("orders_pkey 8 kB"))).to_be_visible()
    page.get_by_role("link", name="day").click()
    expect(page).to_have_url(re.compile("name=orders.*span=1d|span=1d.*name=orders"))
    page.get_by_role("link", name="Tables and indexes").last.click()
    page.locator("#list tbody a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("orders")
    assert complaints == []
    context.close()


def test_the_keyboard_passes_a_page_in_the_order_in_which_it_is_read(
    history: tuple[History, datetime], serving: Callable[..., Any], browser: Browser
) -> None:
    dashboard = serving(Watched(history[0], TARGET).database)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(120_000)
    page.goto(dashboard.address())
    for path in ("alerts", "activity", "tables/one?name=orders"):
        page.goto(page.url.split("/databases/")[0] + f"/databases/local-5432-shop/{path}")
        page.wait_for_load_state("networkidle")
        places = []
        for _ in range(40):
            page.keyboard.press("Tab")
            place = page.evaluate(
                "[...document.querySelectorAll('*')].indexOf(document.activeElement)"
                " - [...document.querySelectorAll('*')].indexOf(document.body)"
            )
            if place <= 0 or (places and place <= places[0]):
                break
            places.append(place)
        assert len(places) > 12, path
        assert places == sorted(places), path
    page.close()


def test_pages_of_what_is_watched_are_there_now_and_at_any_moment(
    history: tuple[History, datetime], serving: Callable[..., Any]
) -> None:
    store, now = history
    dashboard = serving(Watched(store, TARGET).database)
    with dashboard.browser() as browser:
        home = str(browser.get("/").url.path)
        for path in (*SECTION_PATHS, "treatment"):
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
