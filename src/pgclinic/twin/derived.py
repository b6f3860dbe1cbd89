"""What the twin itself can say about an index that is only thought of: how many rows, and which values."""

import contextlib
from collections.abc import Callable

import msgspec
import psycopg

from pgclinic.model.catalog import IndexDefinition, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.sizes import Known, live_rows
from pgclinic.sql import quote
from pgclinic.sql.tree import parse_one
from pgclinic.twin.explain import read_plan
from pgclinic.twin.expression_statistics import Derived, derive

_MILLISECONDS = 2000
"""For one evaluation: what takes longer on some thousand values has no statistics."""
_FAILURES = (psycopg.Error, ValueError, ArithmeticError, msgspec.DecodeError, RecursionError)


def known_of(snapshot: Snapshot, table: Relation, definition: IndexDefinition, ask: Callable[[str], bytes]) -> Known:
    """The predicate's selectivity by the planner's own estimate, the expressions' statistics by their columns'.

    ``ask`` runs a script as an ordinary role. What it refuses, or what has no answer, stays unknown.
    """
    ask = _guarded(ask)
    found = {
        position: derived
        for position, key in enumerate(definition.keys, 1)
        if not key.is_column and (derived := _derived(snapshot, table, key.expression, ask))
    }
    return Known(
        selectivity=_selectivity(table, definition.predicate, ask),
        statistics={position: each.statistics for position, each in found.items() if each.statistics},
        types={position: each.type_name for position, each in found.items()},
    )


def _guarded(ask: Callable[[str], bytes]) -> Callable[[str], bytes]:
    """Ask one statement only, read-only and briefly: no index was made of these texts yet, and they may be anything."""

    def one(statement: str) -> bytes:
        parse_one(statement)
        return ask(f"begin read only; set local statement_timeout = {_MILLISECONDS}; {statement}; rollback")

    return one


def _derived(snapshot: Snapshot, table: Relation, expression: str, ask: Callable[[str], bytes]) -> Derived | None:
    with contextlib.suppress(*_FAILURES):
        return derive(snapshot, table, expression, ask)
    return None


def _selectivity(table: Relation, predicate: str, ask: Callable[[str], bytes]) -> float | None:
    """As the planner estimates it on the twin's statistics, in the same words as for a statement's condition."""
    rows = live_rows(table)
    if not predicate or rows < 1:
        return None
    name = quote.relation(table.relation_name)
    with contextlib.suppress(*_FAILURES):
        plan = read_plan(ask(f"explain (format json) select from only {name} where ({predicate}\n)"))
        return min(1.0, plan.root.rows / rows)
    return None
