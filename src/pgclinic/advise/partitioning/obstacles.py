"""What keeps a growing table from being partitioned without anybody losing what they rely on."""

from collections.abc import Iterator

from pgclinic.model.catalog import Constraint, Index, Relation
from pgclinic.model.clock import DAY, position
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Declined
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.sql.growing import GrowingTable
from pgclinic.sql.mentions import mentions, words
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.statements import UnreadableSqlError

ADVISER = "partitions"
_AHEAD = 30 * DAY
"""Rows further ahead of now than this would have to lie in the partition of all that was before."""

_OWN_NAME = frozenset({"tg_table_name", "tg_relname", "tg_relid"})
"""What a trigger function knows of its table, which for a row of a partition is the partition."""


def obstacle(snapshot: Snapshot, found: GrowingTable, high: float | None) -> Declined | None:
    """Why this table is not partitioned, if so; ``high`` is the key's largest value in seconds from 1970."""
    return next(_obstacles(snapshot, found, high), None)


def _obstacles(snapshot: Snapshot, found: GrowingTable, high: float | None) -> Iterator[Declined]:
    about, key = table_object(found.table), Fact("key", found.column.name, Unit.TEXT)
    name = Fact("table", str(found.table.relation_name), Unit.TEXT)
    if found.pointing or found.keys:
        yield _bound_by_keys(snapshot, found, name, key)
    if not found.column.not_null:
        yield Declined(
            adviser=ADVISER,
            object=about,
            reason="{table} would be partitioned by {key}, which may be null: no partition holds such rows.",
            facts=(name, key),
        )
    if high is None:
        yield Declined(
            adviser=ADVISER,
            object=about,
            reason="How {key} of {table} is spread over time is not known.",
            facts=(name, key),
        )
    elif high > position(snapshot.header.clock) + _AHEAD:
        yield Declined(
            adviser=ADVISER,
            object=about,
            reason="{table} holds rows whose {key} is far ahead of now.",
            facts=(name, key),
        )
    for thing in _not_carried_over(snapshot, found.table):
        yield Declined(
            adviser=ADVISER,
            object=about,
            reason="{table} has {what}, which could not be kept as it is.",
            facts=(name, Fact("what", thing, Unit.TEXT)),
        )


def _bound_by_keys(snapshot: Snapshot, found: GrowingTable, name: Fact, key: Fact) -> Declined:
    pointing = ", ".join(
        f"{constraint.name} of {snapshot.relation_by_oid[constraint.relation].relation_name}"
        for constraint in found.pointing
        if constraint.relation in snapshot.relation_by_oid
    )
    unique = ", ".join(index.constraint or index.name for index in found.keys)
    about, referring = table_object(found.table), Fact("pointing", pointing, Unit.TEXT)
    if not found.keys:
        return Declined(
            adviser=ADVISER,
            object=about,
            reason="{table} cannot be partitioned by {key}: foreign keys point to it ({pointing}), and what they refer "
            "to would not be unique without {key}.",
            facts=(name, key, referring),
        )
    lost = Fact("unique", unique, Unit.TEXT)
    if not found.pointing:
        return Declined(
            adviser=ADVISER,
            object=about,
            reason="{table} cannot be partitioned by {key}: its unique key {unique} lacks it, and would be lost.",
            facts=(name, key, lost),
        )
    return Declined(
        adviser=ADVISER,
        object=about,
        reason="{table} cannot be partitioned by {key}: its unique key {unique} lacks it, and would be lost; foreign "
        "keys point to it ({pointing}).",
        facts=(name, key, lost, referring),
    )


def _not_carried_over(snapshot: Snapshot, table: Relation) -> Iterator[str]:
    if table.persistence != "p":
        yield "no write-ahead log"
    if snapshot.children_of.get(table.oid):
        yield "tables that inherit from it"
    yield from filter(None, map(_odd_constraint, snapshot.constraints_of.get(table.oid, ())))
    yield from filter(None, map(_odd_index, snapshot.indexes_of.get(table.oid, ())))
    yield from _triggers_that_name_it(snapshot, table)
    for view in snapshot.relations:
        if view.kind == "m" and view.definition and table.relation_name in _read_by(snapshot, view.definition):
            yield f"the materialized view {view.relation_name} over it"


def _odd_constraint(constraint: Constraint) -> str:
    if constraint.kind == "x":
        return f"the exclusion constraint {constraint.name}"
    if not constraint.is_validated:
        return f"the constraint {constraint.name} that is not validated"
    if constraint.is_deferrable and constraint.kind in "pu":
        return f"the deferrable key {constraint.name}"
    return ""


def _odd_index(index: Index) -> str:
    if not index.is_valid:
        return f"the invalid index {index.name}"
    return f"the replica identity {index.name}" if index.is_replica_identity else ""


def _triggers_that_name_it(snapshot: Snapshot, table: Relation) -> Iterator[str]:
    functions = {f"{each.schema}.{each.name}": each.sql or "" for each in snapshot.functions}
    for trigger in snapshot.triggers:
        body = functions.get(trigger.function.replace('"', ""), "")
        if trigger.relation == table.oid and {word.lower() for word in words(body)} & _OWN_NAME:
            yield f"the trigger {trigger.name}, which asks for the name of its table"


def _read_by(snapshot: Snapshot, sql: str) -> frozenset[RelationName]:
    resolve = resolver_of(snapshot)
    try:
        named = mentions(sql).relations
    except UnreadableSqlError:
        return frozenset()
    return frozenset(known.name for schema, name in named if (known := resolve(schema, name)) is not None)
