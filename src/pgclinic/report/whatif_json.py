"""What indexes would do, as one JSON document for machines."""

from typing import Any

import msgspec

from pgclinic.model.whatif import HiddenIndex, PlanPair, StatementEffect, TriedIndex, WhatIf
from pgclinic.sql import quote

_CHANGES = {-1: "cheaper", 0: "unchanged", 1: "dearer"}


def encode(answer: WhatIf) -> bytes:
    """The document in UTF-8, indented, ending with a line feed.

    ``queries[]`` are the statements that were asked about, ``statements[]`` those of the workload on the tables
    concerned. Of each statement the plans are there once for each set of values (``parameters``; null is the
    generic plan, or the only one).
    """
    changes = [effect.change for effect in answer.effects]
    document = {
        "contract_version": answer.contract_version,
        "database": answer.database,
        "clock": answer.clock,
        "planned_by": answer.planned_by,
        "plans": answer.plans,
        "indexes": [_tried(index) for index in answer.indexes],
        "dropped": [_hidden(hidden) for hidden in answer.hidden],
        "notes": list(answer.notes),
        "queries": [_effect(effect) for effect in answer.queries],
        "statements": [_effect(effect) for effect in answer.effects],
        "workload": {
            "source": answer.source,
            "cheaper": changes.count(-1),
            "dearer": changes.count(1),
            "unchanged": changes.count(0) + answer.others,
            "omitted": list(answer.omitted),
        },
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _tried(index: TriedIndex) -> dict[str, Any]:
    return {
        "sql": quote.create_index(index.definition, index.name),
        "name": index.name,
        "table": msgspec.to_builtins(index.definition.relation),
        "method": index.definition.method,
        "size_bytes": index.bytes,
        "build_seconds": index.build_seconds,
        "statements_using": index.uses,
        "unused_because": index.unused_because or None,
        "exists_as": index.exists_as or None,
    }


def _hidden(hidden: HiddenIndex) -> dict[str, Any]:
    return {
        "sql": f"drop index {quote.relation(hidden.name)}",
        "name": msgspec.to_builtins(hidden.name),
        "table": msgspec.to_builtins(hidden.table),
        "size_bytes": hidden.bytes,
        "enforces": hidden.enforces or None,
    }


def _effect(effect: StatementEffect) -> dict[str, Any]:
    before, after = ([getattr(pair, side).cost for pair in effect.pairs] for side in ("before", "after"))
    return {
        "fingerprint": effect.fingerprint,
        "name": effect.name,
        "sql": effect.sql,
        "calls": effect.calls,
        "change": _CHANGES[effect.change],
        "cost_before": round(effect.cost_before, 2),
        "cost_after": round(effect.cost_after, 2),
        "low_before": min(before),
        "high_before": max(before),
        "low_after": min(after),
        "high_after": max(after),
        "plans": [_pair(pair) for pair in (*effect.pairs, *([effect.generic] if effect.generic else []))],
    }


def _pair(pair: PlanPair) -> dict[str, Any]:
    return {
        "parameters": msgspec.to_builtins(pair.parameters),
        "cost_before": pair.before.cost,
        "cost_after": pair.after.cost,
        "before": msgspec.to_builtins(pair.before.root),
        "after": msgspec.to_builtins(pair.after.root),
    }
