"""A plan read aloud in every format: whole, harmless, and in 80 columns."""

import json
import re

import pytest

from pgclinic.model.plan_reading import PlanReading
from pgclinic.report import plan_reading_html, plan_reading_json, plan_reading_markdown, plan_reading_text
from pgclinic.report.plan_folding import shown
from pgclinic.verbs.driving import drive
from pgclinic.verbs.explain_plan import explain_plan


def node(kind: str, *children: object, ms: float = 1, rows: float = 10, **more: object) -> dict[str, object]:
    return {
        "Node Type": kind,
        "Total Cost": 100.0,
        "Plan Rows": 10,
        "Actual Rows": rows,
        "Actual Loops": 1,
        "Actual Startup Time": 0,
        "Actual Total Time": ms,
        "Plans": list(children),
        **more,
    }


def reading_of(plan: dict[str, object], **more: object) -> PlanReading:
    return drive(explain_plan(json.dumps([{"Plan": plan, "Execution Time": 120.0, "Planning Time": 0.2, **more}])))


@pytest.fixture
def reading(hostile: str) -> PlanReading:
    scan = node(
        "Seq Scan",
        ms=90,
        rows=3,
        **{"Relation Name": hostile, "Alias": "x", "Filter": hostile * 5, "Rows Removed by Filter": 100_000},
    )
    idle = node("Index Scan", rows=0, **{"Relation Name": "t", "Alias": "t", "Index Name": "i`|`", "Actual Loops": 0})
    plan = node("Hash Join", scan, idle, ms=100, rows=5000, **{"Join Type": "Left", "Hash Cond": "(a = b)"})
    return reading_of(plan, Settings={"work_mem": hostile}, **{"Query Text": f"select {hostile}"})


def test_text_fits_80_columns_and_holds_nothing_that_acts(reading: PlanReading) -> None:
    for color in (False, True):
        printed = plan_reading_text.text(reading, color=color)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", printed)
        assert max(map(len, plain.splitlines())) <= 80
        assert "\x1b" not in plain
        assert "\u202e" not in plain
        assert "\x07" not in plain
    assert "never executed" in plain
    assert "Hash Left Join" in plain
    assert "wide scan" in plain


def test_html_escapes_and_asks_nothing_of_the_network(reading: PlanReading) -> None:
    page = plan_reading_html.page(reading)
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert page.count("<svg") == 2
    assert 'class="knot hot marked"' in page
    assert "never executed" in page


def test_json_is_whole_and_ascii(reading: PlanReading, hostile: str) -> None:
    document = plan_reading_json.encode(reading)
    assert document.isascii()
    told = json.loads(document)
    assert told["contract_version"] == "1"
    assert [each["number"] for each in told["nodes"]] == [1, 2, 3]
    assert [each["parent"] for each in told["nodes"]] == [0, 1, 1]
    assert told["nodes"][1]["relation"] == hostile
    assert sum(each["own_ms"] for each in told["nodes"]) + told["outside_ms"] == pytest.approx(told["total_ms"])
    assert told["readings"][0]["reading"] == "wide_scan"
    assert told["checked"] is False


def test_markdown_holds_no_markup_of_others(reading: PlanReading) -> None:
    written = plan_reading_markdown.markdown(reading)
    assert "<script" not in written
    assert "<img" not in written
    rows = [line for line in written.splitlines() if line.startswith("| ")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {7}


def test_large_plans_show_what_matters(reading: PlanReading) -> None:
    quick = [node("Seq Scan", ms=0.01, **{"Relation Name": f"t{n}", "Alias": f"t{n}"}) for n in range(500)]
    slow = node("Sort", node("Seq Scan", ms=80, **{"Relation Name": "big", "Alias": "big"}), ms=85)
    found = reading_of(node("Append", *quick, node("Limit", slow, ms=85), ms=100))
    steps = shown(found, 40)
    assert len(steps) <= 40
    assert {"Append", "Limit", "Sort"} <= {step.node.node_type for step in steps}
    assert "big" in {step.node.relation for step in steps}
    assert "more, in the JSON" in plan_reading_text.text(found)
    assert len(plan_reading_html.page(found)) < 300_000
    assert shown(reading, 40) == reading.steps


def test_figures_beyond_measure_keep_the_layout() -> None:
    huge = node("Seq Scan", rows=1e18, **{"Relation Name": "t", "Total Cost": 1e300, "Plan Rows": 1e300})
    printed = plan_reading_text.text(reading_of(huge))
    assert max(map(len, printed.splitlines())) <= 80


def test_a_deep_plan_is_drawn() -> None:
    plan = node("Seq Scan", **{"Relation Name": "t"})
    for _ in range(150):
        plan = node("Limit", plan)
    found = reading_of(plan)
    assert max(map(len, plan_reading_text.text(found).splitlines())) <= 80
    assert "<svg" in plan_reading_html.page(found)
    assert json.loads(plan_reading_json.encode(found))["nodes"]


def test_the_same_text_gives_the_same_bytes(reading: PlanReading) -> None:
    assert plan_reading_html.page(reading) == plan_reading_html.page(reading)
    assert plan_reading_json.encode(reading) == plan_reading_json.encode(reading)
