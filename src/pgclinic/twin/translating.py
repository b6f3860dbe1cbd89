"""What a private database looks like as if it were the snapshot's own, so that a change to it is a change to that.

Oids become the source's where an object corresponds to one of it, by its name when the private database was made; what
is new gets oids that the source cannot have. What did not change since is as the source has it, and what did keeps the
source's sizes and statistics: a renamed table is as large as before.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import msgspec

from pgclinic.model.catalog import (
    Column,
    Constraint,
    Function,
    Index,
    Policy,
    Relation,
    Sequence,
    Trigger,
    UserType,
)
from pgclinic.model.review import TakenLock, Trace
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import clock

PROBES = frozenset(
    {
        "columns",
        "constraints",
        "extensions",
        "functions",
        "indexes",
        "policies",
        "relations",
        "schemas",
        "sequences",
        "triggers",
        "types",
        "view_definitions",
    }
)
"""What of the private database is asked: its schema, and nothing about rows."""

_BEYOND = 1 << 32
"""Above every oid that a server gives."""

_SIZES = (
    "pages",
    "tuples",
    "all_visible_pages",
    "heap_bytes",
    "toast_bytes",
    "index_bytes",
    "total_bytes",
    "frozen_xid_age",
    "multixact_age",
    "dropped_columns",
)
_INDEX_SIZES = ("pages", "tuples", "bytes", "tree_level", "scans", "tuples_read", "tuples_fetched", "last_scan",
                "blocks_read", "blocks_hit", "stats_reset")  # fmt: skip
_KEYS: Mapping[str, Callable[[Any], Hashable]] = {
    "relations": lambda one: one.oid,
    "columns": lambda one: (one.relation, one.name),
    "indexes": lambda one: one.oid,
    "constraints": lambda one: one.oid,
    "functions": lambda one: one.oid,
    "types": lambda one: one.oid,
    "triggers": lambda one: (one.relation, one.name),
    "policies": lambda one: (one.relation, one.name),
    "sequences": lambda one: (one.schema, one.name),
    "schemas": lambda one: one.name,
    "extensions": lambda one: one.name,
}


class Translation:
    """Between a private database, as ``initial`` saw it when it was made, and its ``source``."""

    def __init__(self, initial: Snapshot, source: Snapshot) -> None:
        self._source = source
        self._oids = dict(_correspondences(initial, source))
        self._was = self._translated(initial)
        self._own = {field: {key(each): each for each in getattr(source, field)} for field, key in _KEYS.items()}

    def seen(self, collected: Snapshot) -> Snapshot:
        """The source as it is with what has been done to the private database."""
        now = self._translated(collected)
        fields: dict[str, tuple[msgspec.Struct, ...]] = {}
        for field, key in _KEYS.items():
            was = {key(each): each for each in self._was[field]}
            own = self._own[field]
            found = [
                own[key(each)] if key(each) in own and was.get(key(each)) == each else self._sized(each)
                for each in now[field]
            ]
            # What could not be made is still there.
            found += [each for name, each in own.items() if name not in was]
            fields[field] = tuple(found)
        return msgspec.structs.replace(self._source, **fields)

    def trace(self, trace: Trace) -> Trace:
        """The trace with the source's oids."""
        return msgspec.structs.replace(
            trace,
            locks=tuple(TakenLock(self._oid(each.relation), each.mode) for each in trace.locks),
            rewritten=frozenset(map(self._oid, trace.rewritten)),
            scanned=frozenset(map(self._oid, trace.scanned)),
        )

    def _oid(self, oid: int) -> int:
        return self._oids.get(oid, oid + _BEYOND)

    def _sized(self, record: msgspec.Struct) -> msgspec.Struct:
        """A changed record with the sizes that its object has at the source; a new one is empty."""
        if isinstance(record, Relation):
            own = self._source.relation_by_oid.get(record.oid)
            if own is not None:
                return msgspec.structs.replace(record, **{name: getattr(own, name) for name in _SIZES})
        if isinstance(record, Index):
            index = self._source.index_by_oid.get(record.oid)
            if index is not None:
                return msgspec.structs.replace(record, **{name: getattr(index, name) for name in _INDEX_SIZES})
        return record

    def _translated(self, seen: Snapshot) -> dict[str, tuple[msgspec.Struct, ...]]:
        found: dict[str, Iterable[msgspec.Struct]] = {
            "relations": map(self._relation, seen.relations),
            "columns": map(self._column, seen.columns),
            "indexes": map(self._index, seen.indexes),
            "constraints": map(self._constraint, seen.constraints),
            "functions": (self._numbered(each) for each in seen.functions if each.schema != clock.SCHEMA),
            "types": map(self._numbered, seen.types),
            "triggers": map(self._on_relation, seen.triggers),
            "policies": map(self._on_relation, seen.policies),
            "sequences": map(self._sequence, seen.sequences),
            "schemas": (each for each in seen.schemas if each.name != clock.SCHEMA),
            "extensions": seen.extensions,
        }
        return {field: tuple(records) for field, records in found.items()}

    def _relation(self, relation: Relation) -> Relation:
        return msgspec.structs.replace(
            relation,
            oid=self._oid(relation.oid),
            parents=tuple(map(self._oid, relation.parents)),
            **_defaults(Relation, _SIZES),
        )

    def _column(self, column: Column) -> Column:
        type_oid = column.type_oid if column.type_schema == "pg_catalog" else self._oid(column.type_oid)
        return msgspec.structs.replace(column, relation=self._oid(column.relation), type_oid=type_oid)

    def _index(self, index: Index) -> Index:
        return msgspec.structs.replace(
            index,
            oid=self._oid(index.oid),
            relation=self._oid(index.relation),
            parent=None if index.parent is None else self._oid(index.parent),
            **_defaults(Index, _INDEX_SIZES),
        )

    def _constraint(self, constraint: Constraint) -> Constraint:
        return msgspec.structs.replace(
            constraint,
            oid=self._oid(constraint.oid),
            relation=self._oid(constraint.relation),
            references=None if constraint.references is None else self._oid(constraint.references),
            index=None if constraint.index is None else self._oid(constraint.index),
        )

    def _sequence(self, sequence: Sequence) -> Sequence:
        owner = None if sequence.owner_relation is None else self._oid(sequence.owner_relation)
        return msgspec.structs.replace(sequence, owner_relation=owner, last_value=None)

    def _numbered(self, record: Function | UserType) -> Function | UserType:
        return msgspec.structs.replace(record, oid=self._oid(record.oid))

    def _on_relation(self, record: Trigger | Policy) -> Trigger | Policy:
        return msgspec.structs.replace(record, relation=self._oid(record.relation))


def _defaults(kind: type[msgspec.Struct], names: Iterable[str]) -> dict[str, object]:
    fields = {field.name: field.default for field in msgspec.structs.fields(kind)}
    return {name: fields[name] for name in names}


def _correspondences(initial: Snapshot, source: Snapshot) -> Iterable[tuple[int, int]]:
    """Pairs of oids, private and the source's, of objects of one name."""
    relations = {
        each.oid: source.relation_by_name[each.relation_name].oid
        for each in initial.relations
        if each.relation_name in source.relation_by_name
    }
    yield from relations.items()
    indexes = {(each.schema, each.name): each.oid for each in source.indexes}
    yield from _named(initial.indexes, indexes, lambda one: (one.schema, one.name))
    constraints = {(each.relation, each.name): each.oid for each in source.constraints}
    yield from _named(initial.constraints, constraints, lambda one: (relations.get(one.relation), one.name))
    functions = {(each.schema, each.name, each.arguments): each.oid for each in source.functions}
    yield from _named(initial.functions, functions, lambda one: (one.schema, one.name, one.arguments))
    types = {(each.schema, each.name): each.oid for each in source.types}
    yield from _named(initial.types, types, lambda one: (one.schema, one.name))


def _named(
    records: Iterable[Any], oids: Mapping[Any, int], key: Callable[[Any], Hashable]
) -> Iterable[tuple[int, int]]:
    return ((each.oid, oids[key(each)]) for each in records if key(each) in oids)
