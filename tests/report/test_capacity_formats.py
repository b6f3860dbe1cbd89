"""The capacity table in each format."""

import json
import re
import xml.etree.ElementTree as ET

import msgspec
import pytest

from pgclinic.model.capacity import Capacity, CapacityTable, LoadStep, Processor, RequestTimes
from pgclinic.report import capacity_html, capacity_json, capacity_markdown, capacity_picture, capacity_text
from pgclinic.report.capacity_rows import capacity_rows

PAGE = "dashboard page"


def step(rate: float, p95_ms: float | None, *, is_held: bool = True, server_ms: float = 40.0) -> LoadStep:
    requests = (
        RequestTimes(name=PAGE, calls=30, p50_ms=p95_ms, p95_ms=p95_ms),
        RequestTimes(name="phone <search>", calls=70, failed=2, p50_ms=p95_ms and p95_ms / 4),
    )
    processors = (
        Processor(part="PostgreSQL primary", ms_per_request=server_ms),
        Processor(part="application", ms_per_request=3.0, is_server=False),
    )
    return LoadStep(
        rate=rate,
        seconds=20.0,
        p95_ms=p95_ms,
        is_held=is_held,
        late_ms=1.0,
        requests=requests,
        processors=processors,
    )


def side(name: str, *steps: LoadStep, statements: float, page_ms: float) -> Capacity:
    rest = (RequestTimes(name=PAGE, calls=10, p50_ms=page_ms), RequestTimes(name="import", calls=3, p50_ms=page_ms))
    return Capacity(name=name, parts=(), at_rest=rest, steps=steps, compared=steps[0], statements_per_page=statements)


@pytest.fixture
def table() -> CapacityTable:
    before = side("as it was", step(2.0, 900.0), step(4.0, None, is_held=False), statements=109, page_ms=800)
    after = side(
        "with the runtime",
        step(2.0, 9.0, server_ms=0.5),
        step(100.0, 700.0, server_ms=0.5),
        step(115.0, 1500.0, is_held=False, server_ms=0.5),
        statements=0.4,
        page_ms=8,
    )
    return CapacityTable(
        scale="medium",
        seed=1,
        calls=300_000,
        cores=2,
        seconds=600.0,
        limit_ms=1000.0,
        between_seconds=10.0,
        goal=40.0,
        price=0.05,
        page=PAGE,
        sides=(before, after),
        prescriptions=30,
        grade_before="D-",
        grade_after="A",
        answers=100,
        different=(),
        notes=("One run.",),
    )


def test_users_are_rates_that_held_times_the_pause_between_two_requests(table: CapacityTable) -> None:
    users = capacity_rows(table)[0]
    assert (users.values, users.times) == ((20.0, 1000.0), 50.0)
    assert table.times == 50.0


def test_cost_is_estimated_and_everything_else_measured(table: CapacityTable) -> None:
    kinds = {row.name: row.provenance.value for row in capacity_rows(table)}
    assert [name for name, kind in kinds.items() if kind == "estimated"] == ["servers' cost of a million requests, $"]
    # 40 ms for each of a million requests is 11.1 hours of a core.
    cost = next(row for row in capacity_rows(table) if row.provenance.value == "estimated")
    assert cost.values[0] == pytest.approx(40_000 / 3600 * 0.05)


def test_text_says_what_was_reached_and_under_which_limit(table: CapacityTable) -> None:
    text = capacity_text.text(table, width=100)
    assert "50 times as many users at the same P95 (the goal of 40), measured." in text
    assert re.search("concurrent users +20 +1,000 +50\N{MULTIPLICATION SIGN}", text)
    assert "within 1 s" in text
    assert "4: — no" in text
    assert "all the same" in text


def test_a_miss_is_said(table: CapacityTable) -> None:
    short = msgspec.structs.replace(table, goal=60.0, different=("GET /api/leads",))
    text = capacity_text.text(short)
    assert "short of the goal of 60" in text
    assert "different: GET /api/leads" in text
    assert "GET /api/leads" in capacity_html.page(short)


def test_json_holds_the_rows_and_every_run(table: CapacityTable) -> None:
    document = json.loads(capacity_json.encode(table))
    assert document["rows"][0]["times"] == 50.0
    assert [run["rate"] for run in document["sides"][1]["steps"]] == [2.0, 100.0, 115.0]


def test_page_stands_on_its_own_and_escapes_names(table: CapacityTable) -> None:
    page = capacity_html.page(table)
    assert "phone &lt;search&gt;" in page
    assert "<search>" not in page
    assert not re.search(r"(src|href)=", page)
    assert page.count('class="dot way-1 hollow"') == 2  # one for each width of the chart


def test_markdown_has_every_row_and_escapes_names(table: CapacityTable) -> None:
    markdown = capacity_markdown.markdown(table)
    assert "| concurrent users | 20 | 1,000 | 50\N{MULTIPLICATION SIGN} |" in markdown
    assert "**50 times as many users at the same P95 (the goal of 40), measured.**" in markdown
    assert "phone \\<search\\>" in markdown
    widths = {line.count(" | ") for line in markdown.splitlines() if line.startswith("| concurrent")}
    assert widths == {len(table.sides) + 1}


def test_the_picture_stands_on_its_own_and_names_its_curves(table: CapacityTable) -> None:
    picture = capacity_picture.svg(table)
    root = ET.fromstring(picture)
    texts = {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"as it was", "with the runtime", "limit", "concurrent users"} <= texts
    assert "prefers-color-scheme: dark" in picture
    assert not re.search(r"(src|href)=|@import|url\(", picture)
