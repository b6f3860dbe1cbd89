"""The whole of ``make demo-full`` on a database of two thousand calls, with few and short runs."""

import json
from pathlib import Path

import pytest

from pgclinic.demo.scales import CALLS, Scale
from pgclinic.report import capacity_html, capacity_json, capacity_text
from pgclinic.verbs.demo_full import CURED, NEGLECTED, TREATED, demo_full
from pgclinic.verbs.driving import drive
from pgclinic.verbs.measuring_capacity import LOAD, Trial

pytestmark = pytest.mark.end_to_end
FOLDER = Path(__file__).parents[2] / "examples" / "drain_fortin"


def test_the_table_has_all_its_figures_and_both_ways_answer_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CALLS, Scale.SMALL, 2000)
    trial = Trial(folder=FOLDER, step_seconds=1.0, seed=1, workers=2, least_requests=10, most_runs=3)
    table = drive(demo_full(trial, scale="small"))

    assert [side.name for side in table.sides] == [NEGLECTED, TREATED, CURED]
    assert (table.different, table.answers > 50) == ((), True)
    assert table.prescriptions > 0
    neglected, _, cured = table.sides
    assert neglected.statements_per_page > 100 > cured.statements_per_page
    assert {part.part for part in neglected.compared.processors} == {"PostgreSQL primary", "application", LOAD}
    assert {part.part for part in cured.compared.processors} > {"PostgreSQL replica", "PgBouncer", "Redis"}
    for side in table.sides:
        assert 1 <= len(side.steps) <= 3
        assert all(part.ms_per_request >= 0 for step in side.steps for part in step.processors)

    rows = {row["name"]: row for row in json.loads(capacity_json.encode(table))["rows"]}
    assert all(len(row["values"]) == 3 for row in rows.values())
    for name in ("concurrent users", "page load at rest", "statements per page", "servers' CPU per request"):
        assert rows[name]["values"][0]
    assert "concurrent users" in capacity_text.text(table, width=120)
    assert "all were answered alike" in capacity_html.page(table)
