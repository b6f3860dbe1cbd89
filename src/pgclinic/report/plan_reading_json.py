"""A plan that was read aloud, as one JSON document for machines. Field names are a contract."""

from typing import Any

import msgspec

from pgclinic.model.plan_reading import PlanReading, PlanStep, Reading
from pgclinic.model.prescription import Prescription
from pgclinic.report.checkup_json import dump
from pgclinic.report.plan_reading_words import conditions, created, label, notes, treatment
from pgclinic.report.sentences import sentence


def encode(reading: PlanReading) -> str:
    """The document, indented, in ASCII.

    ``nodes[]`` are the plan's, parents first; ``number`` and ``parent`` (0: none) tell the tree. ``own_ms`` add up
    with ``outside_ms`` to ``total_ms``. ``off`` is times more rows than planned, negative for fewer. A reading's
    ``node`` 0 is the whole statement; ``checked`` is false where advice is a rule of thumb.
    """
    explained = reading.explained
    return dump(
        {
            "contract_version": reading.contract_version,
            "plan": reading.number,
            "plans": reading.plans,
            "statement": reading.statement or None,
            "total_ms": _rounded(reading.total_ms),
            "outside_ms": _rounded(reading.outside_ms),
            "planning_ms": explained.planning_ms,
            "execution_ms": explained.execution_ms,
            "cost": explained.root.total_cost,
            "settings": dict(explained.settings),
            "jit": msgspec.to_builtins(explained.jit),
            "triggers": [msgspec.to_builtins(each) for each in explained.triggers],
            "nodes": [_step(step) for step in reading.steps],
            "readings": [_reading(item, reading) for item in reading.readings],
            "checked": reading.course is not None,
            "planned_by": reading.course.workload.planned_by if reading.course else None,
            "treatment": [_prescription(each) for each in created(reading)],
            "notes": notes(reading),
        }
    )


def _step(step: PlanStep) -> dict[str, Any]:
    node = step.node
    run = node.run
    return {
        "number": step.number,
        "parent": step.parent,
        "label": label(node),
        "node_type": node.node_type,
        "part": node.part or None,
        "schema": node.schema or None,
        "relation": node.relation or None,
        "alias": node.alias or None,
        "index": node.index or None,
        "conditions": conditions(node) or None,
        "startup_cost": node.startup_cost,
        "total_cost": node.total_cost,
        "rows_planned": node.rows,
        "rows": run.rows if run else None,
        "loops": run.loops if run else None,
        "processes": round(step.processes, 2),
        "off": round(step.off, 2),
        "inclusive_ms": _rounded(step.inclusive_ms),
        "own_ms": _rounded(step.own_ms),
        "measured": msgspec.to_builtins(run),
    }


def _reading(item: Reading, reading: PlanReading) -> dict[str, Any]:
    return {
        "reading": item.reading,
        "severity": item.severity.name.lower(),
        "node": item.step,
        "summary": sentence(item.summary, item.facts),
        "advice": sentence(item.advice, item.facts),
        "share": None if item.share is None else round(item.share, 4),
        "downstream": list(item.downstream),
        "facts": [
            {"name": each.name, "value": each.value, "unit": each.unit.value, "provenance": each.provenance.value}
            for each in item.facts
        ],
        "treatment": [each.do[0].sql for each in treatment(item, reading)],
    }


def _prescription(prescription: Prescription) -> dict[str, Any]:
    return {
        "sql": prescription.do[0].sql,
        "size_bytes": prescription.size_bytes,
        "cost_before": sum(gain.cost_before for gain in prescription.gains),
        "cost_after": sum(gain.cost_after for gain in prescription.gains),
        "provenance": "planned",
    }


def _rounded(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 6)
