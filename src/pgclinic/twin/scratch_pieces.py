"""The schema with all that a migration may meet and a plan need not: materialized views, procedures, triggers."""

import contextlib
from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote
from pgclinic.twin import schema
from pgclinic.twin.schema import Piece


def pieces(snapshot: Snapshot, relations: frozenset[int], known: frozenset[str]) -> Iterator[Piece]:
    """Each object in an order in which it can be made; ``relations`` are oids, ``known`` names of types."""
    views = [each for each in snapshot.relations if each.kind == "m"]
    yield from schema.pieces(snapshot, relations - {each.oid for each in views}, known)
    for view in views:
        with contextlib.suppress(ValueError):  # a name that no object can have
            yield from list(_materialized(snapshot, view))
    for constraint in snapshot.constraints:
        table = snapshot.relation_by_oid.get(constraint.relation)
        if table is None or table.partition_key or constraint.kind != "f" or constraint.is_inherited:
            continue
        if constraint.is_validated:  # they are made NOT VALID
            with contextlib.suppress(ValueError):
                yield Piece(f"constraint {constraint.name}", (_validation(table, constraint.name),))
    for function in snapshot.functions:
        if function.kind == "p" and function.language in schema.SAFE_LANGUAGES and function.sql:
            yield Piece(f"procedure {function.name}", (function.sql,), needs_tables=True)
    for trigger in snapshot.triggers:
        if trigger.sql and not _is_inherited(snapshot, trigger.relation):
            yield Piece(f"trigger {trigger.name}", (trigger.sql,))


def _validation(table: Relation, constraint: str) -> str:
    return f"alter table {quote.relation(table.relation_name)} validate constraint {quote.identifier(constraint)}"


def _is_inherited(snapshot: Snapshot, relation: int) -> bool:
    """A partition has its parent's triggers from its making."""
    found = snapshot.relation_by_oid.get(relation)
    return found is not None and found.is_partition


def _materialized(snapshot: Snapshot, view: Relation) -> Iterator[Piece]:
    definition = (view.definition or "").rstrip().rstrip(";")
    make = f"create materialized view {quote.relation(view.relation_name)} as {definition}"
    filled = (f"{make} with data",) if view.is_populated else (f"{make} with no data",)
    indexes = tuple(index.sql for index in snapshot.indexes_of.get(view.oid, ()) if index.is_valid)
    yield Piece(f"materialized view {view.relation_name}", filled if definition else (), (f"{make} with no data",))
    for number, sql in enumerate(indexes, 1):
        yield Piece(f"index {number} of {view.relation_name}", (sql,))
