"""From prescription to proof and back, on a server that is really there, in a browser and by roles."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Error, Page, expect

from pgclinic.model.evidence import Unit
from pgclinic.model.proof import Verdict
from pgclinic.report.figures import figure
from pgclinic.verbs.driving import drive
from pgclinic.verbs.ledger import ledger_path, read_ledger
from pgclinic.verbs.targets import Live
from pgclinic.web import treating
from pgclinic.web.access.visitor import Role
from pgclinic.web.visited import visited_once

pytestmark = pytest.mark.server
PATIENCE_MS = 240_000
_FILL = """
create extension pg_stat_statements;
create table parcels (id bigint primary key, owner text not null, note text);
insert into parcels select i, 'owner ' || i % 5000, repeat('x', 80) from generate_series(1, 100000) as i;
analyze parcels;
select pg_stat_statements_reset(0, oid, 0) from pg_database where datname = current_database();
"""
"""The rows that are filled in are no workload: an index would cost each of them 0.01 ms, which is more than a hundred
searches save on a quick machine, and then none is prescribed."""


@pytest.fixture
def slow(database_on: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """A table that is searched by a column without an index, often enough to tell."""
    monkeypatch.setattr(treating, "MEASURED_SECONDS", 2.0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    database = database_on(18)
    database.execute(_FILL)
    with psycopg.connect(database.conninfo, autocommit=True, application_name="shop") as application:
        for number in range(100):
            application.execute("select id, note from parcels where owner = %s", [f"owner {number}"], prepare=True)
    yield database
    database.execute("drop schema if exists pgclinic cascade")


@contextlib.contextmanager
def read_out(page: Page) -> Iterator[None]:
    """What fails in the block fails with what the page says."""
    try:
        yield
    except (AssertionError, Error) as error:
        raise AssertionError(f"{error}\n\n{page.url} says:\n{page.inner_text('main')}") from error


def indexes(database: Any) -> int:
    return int(database.execute("select count(*) from pg_indexes where tablename = 'parcels'")[0][0])


def test_an_operator_approves_treats_sees_the_proof_and_takes_it_back(
    slow: Any, serving: Callable[..., Any], browser: Browser, faults: Callable[..., Any]
) -> None:
    dashboard = serving(drive(visited_once(Live(slow.conninfo))), may_treat=True)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with read_out(page):
        page.goto(dashboard.address(Role.OPERATOR))
        page.get_by_role("link", name="Prescriptions", exact=True).first.click()
        page.get_by_role("button", name="Write the prescription").click()
        expect(page.get_by_role("button", name="Try what is ticked")).to_be_visible(timeout=PATIENCE_MS)
        page.get_by_label(re.compile("parcels")).first.check()
        page.get_by_role("button", name="Try what is ticked").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Approve", timeout=PATIENCE_MS)
        assert indexes(slow) == 1
        page.get_by_role("button", name=re.compile("Apply 1 prescription")).click()
        expect(page.get_by_role("heading", name="Proof")).to_be_visible(timeout=PATIENCE_MS)
        assert indexes(slow) == 2
        expect(page.locator("main")).to_contain_text("faster")
        booked = page.get_by_role("region", name="Planned, then measured")
        expect(booked).to_contain_text("parcels_owner_idx")
        entries = read_ledger(ledger_path()).entries
        assert {entry.verdict for entry in entries} == {Verdict.FASTER}
        page.get_by_role("link", name="Prescriptions", exact=True).first.click()
        expect(page.locator("table.gains").first).to_contain_text(figure(entries[0].measured, Unit.TIMES))
        page.get_by_role("link", name="Treatment", exact=True).first.click()
        page.set_viewport_size({"width": 375, "height": 800})
        assert faults(page) == []
        page.get_by_role("button", name=re.compile("Take it back")).first.click()
        expect(page.locator(".pill").first).to_have_text("undone", timeout=PATIENCE_MS)
        assert indexes(slow) == 1
    assert complaints == []
    context.close()


def test_a_viewer_looks_on_and_nobody_treats_unless_it_was_allowed(slow: Any, serving: Callable[..., Any]) -> None:
    dashboard = serving(drive(visited_once(Live(slow.conninfo))), may_treat=True)
    closed = serving(drive(visited_once(Live(slow.conninfo))))
    with dashboard.script() as viewer, closed.script() as other, dashboard.browser() as browser:
        key = viewer.get("/api/databases").json()[0]["key"]
        for script in (viewer, other):
            path = f"/api/databases/{key}/treatment"
            assert script.get(path).status_code == 200
            assert script.post(f"{path}/apply", json={"items": ["x"]}).status_code == 403
            assert script.post(f"{path}/undo", json={}).status_code == 403
        page = browser.get(f"/databases/{key}/treatment").text
        assert "Nothing has been treated yet." in page
        token = re.findall(r'"x-csrf-token": "([^"]+)"', page)[0]
        for action in ("try", "apply", "undo"):
            form, headers = {"csrf": token, "item": "1"}, {"origin": dashboard.origin}
            answer = browser.post(f"/databases/{key}/treatment/{action}", data=form, headers=headers)
            assert answer.status_code == 403
        assert slow.instance.conninfo() not in page
    assert list(dict(closed.door.addresses)) == [Role.VIEWER]


def test_a_script_treats_and_takes_back_too(slow: Any, serving: Callable[..., Any]) -> None:
    dashboard = serving(drive(visited_once(Live(slow.conninfo))), may_treat=True)
    with dashboard.script(Role.OPERATOR) as script:
        base = f"/api/databases/{script.get('/api/databases').json()[0]['key']}"
        assert script.post(f"{base}/treatment/apply", json={"items": ["x"]}).status_code == 400
        finished(script, script.post(f"{base}/prescriptions/write").json())
        items = script.get(f"{base}/prescriptions").json()["items"]
        index = next(each for each in items if "parcels" in str(each["sql"]) and "index" in str(each["sql"]).lower())
        finished(script, script.post(f"{base}/treatment/apply", json={"items": [index["fingerprint"]]}).json())
        assert indexes(slow) == 2
        assert script.get(f"{base}/treatment").json()["items"][0]["state"] == "done"
        assert script.get(f"{base}/prescriptions/measured").json() == []
        finished(script, script.post(f"{base}/treatment/undo", json={"item": 1}).json())
        assert indexes(slow) == 1


def finished(script: Any, job: dict[str, Any]) -> None:
    """Wait for a job, which must not fail."""
    deadline = time.monotonic() + 240
    while (report := script.get(f"/api/jobs/{job['id']}").json())["state"] not in {"done", "failed"}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert report["error"] == ""
