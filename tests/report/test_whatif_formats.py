"""The difference between two plans, read at a glance, whatever the names in them are."""

import msgspec
import pytest

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.names import RelationName
from pgclinic.model.plan import Plan, PlanNode
from pgclinic.model.whatif import HiddenIndex, PlanPair, StatementEffect, TriedIndex, WhatIf
from pgclinic.model.workload import ParameterSet
from pgclinic.report import whatif_json, whatif_text
from pgclinic.report.plan_text import bar

ORDERS = RelationName("public", "orders")
SCAN = PlanNode(node_type="Seq Scan", total_cost=900, rows=10, relation="orders", filter="(note = 'x'::text)")
LOOKUP = PlanNode(
    node_type="Index Scan", total_cost=9, rows=10, relation="orders", index="by_note", condition="(note = 'x'::text)"
)


def plan(child: PlanNode, *, more: float = 1) -> Plan:
    root = PlanNode(node_type="Limit", total_cost=child.total_cost + more, rows=5, children=(child,))
    return Plan(cost=root.total_cost, root=root)


def effect(before: Plan, after: Plan, **changes: object) -> StatementEffect:
    pair = PlanPair(parameters=ParameterSet(("x",), "statistics"), before=before, after=after)
    made = StatementEffect(
        fingerprint="1", name="the query", sql="select * from orders where note = $1", calls=3, pairs=(pair,)
    )
    return msgspec.structs.replace(made, **changes)


def answer(*effects: StatementEffect, **changes: object) -> WhatIf:
    made = WhatIf(
        database="shop",
        clock="2026-11-22",
        planned_by="PostgreSQL 18.6 for a 18.6 server",
        indexes=(
            TriedIndex(
                name="by_note",
                definition=IndexDefinition(ORDERS, (IndexKey("note"),)),
                bytes=12 << 20,
                build_seconds=3.4,
                uses=1,
            ),
        ),
        hidden=(HiddenIndex(name=ORDERS, table=ORDERS, definition=IndexDefinition(ORDERS, ()), bytes=None),),
        queries=effects,
        effects=effects,
        others=4,
        source="pg_stat_statements",
    )
    return msgspec.structs.replace(made, **changes)


def test_changed_nodes_are_marked_and_the_others_are_not() -> None:
    lines = whatif_text.text(answer(effect(plan(SCAN), plan(LOOKUP)))).splitlines()
    marked = [line.split()[:3] for line in lines if line.startswith(("  - ", "  + "))]
    assert marked == [["-", "Seq", "Scan"], ["+", "Index", "Scan"]]
    assert [line.split()[0] for line in lines if "Limit" in line] == ["Limit", "Limit"]
    assert any("12 MB, built in about 3.4 s (estimated) · used by 1 statement" in line for line in lines)


def test_a_plan_that_stays_is_shown_once() -> None:
    text = whatif_text.text(answer(effect(plan(SCAN), plan(SCAN))))
    assert text.count("Seq Scan") == 1
    assert "the plan, the same before and after" in text
    assert "0 statements cheaper, 0 dearer, 5 unchanged" in text


def test_a_generic_plan_and_a_range_are_told_apart() -> None:
    pairs = (
        PlanPair(parameters=ParameterSet(("x",), "seen"), before=plan(SCAN), after=plan(LOOKUP)),
        PlanPair(parameters=ParameterSet(("y",), "seen"), before=plan(SCAN, more=101), after=plan(LOOKUP)),
    )
    generic = PlanPair(parameters=None, before=plan(SCAN, more=51), after=plan(LOOKUP))
    text = whatif_text.text(answer(effect(plan(SCAN), plan(LOOKUP), pairs=pairs, generic=generic)))
    assert "over 2 sets of values seen: 901 to 1,001 → 10" in text
    assert "as a generic plan: 951 → 10" in text
    assert "shown for $1 = y" in text


def test_hostile_names_and_deep_plans_stay_inside_80_columns(hostile: str) -> None:
    node = msgspec.structs.replace(SCAN, relation=hostile, filter=hostile * 3, rows=1e12, total_cost=1e12)
    for _ in range(60):
        node = PlanNode(node_type="Nested Loop", total_cost=1e12, rows=1e12, children=(node,))
    text = whatif_text.text(answer(effect(plan(node), plan(LOOKUP), sql=hostile * 9, name="1")), color=False)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "and 22 more nodes, in the JSON" in " ".join(text.split())


def test_the_json_holds_both_trees() -> None:
    document = msgspec.json.decode(whatif_json.encode(answer(effect(plan(SCAN), plan(LOOKUP)))))
    (query,) = document["queries"]
    assert (query["change"], query["cost_before"], query["cost_after"]) == ("cheaper", 901.0, 10.0)
    assert query["plans"][0]["after"]["children"][0]["index"] == "by_note"
    assert document["indexes"][0]["build_seconds"] == 3.4
    assert document["workload"]["unchanged"] == 4


@pytest.mark.parametrize(
    ("share", "drawn"), [(0, "▏"), (0.5, "██████"), (1, "█" * 12), (7, "█" * 12), (0.52, "██████▎")]
)
def test_bars_are_drawn_in_eighths_and_never_vanish(share: float, drawn: str) -> None:
    assert bar(share) == drawn
