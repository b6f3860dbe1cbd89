"""What was made, removed and changed in the schema between two visits."""

from collections.abc import Callable, Iterator, Mapping

from pgclinic.model.catalog import Column
from pgclinic.model.difference import SchemaChange
from pgclinic.model.names import ObjectName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object

_DEFINED = {"v", "m"}
"""Kinds of relation that have a query."""

Definitions = Mapping[ObjectName, str | None]
"""Definitions by object; None for what could not be read."""


def schema_changes(earlier: Snapshot, later: Snapshot) -> tuple[SchemaChange, ...]:
    """By kind and name. What belongs to a table that was made or removed goes with it, without a word of its own.

    Definitions are compared where both visits read them in the same words: not across versions of PostgreSQL, and not
    where one left out values. A kind that a visit did not see is left out.
    """
    changes = []
    in_same_words = earlier.server.major == later.server.major and earlier.header.redactions == later.header.redactions
    gone_or_new = _tables(earlier) ^ _tables(later)
    for needs, definitions in _KINDS:
        if not all(snapshot.sees(need) for snapshot in (earlier, later) for need in needs):
            continue
        old, new = dict(definitions(earlier)), dict(definitions(later))
        for name in {**old, **new}:
            if name.parent and (name.schema, name.parent) in gone_or_new:
                continue
            change = SchemaChange(object=name, before=_shown(old, name), after=_shown(new, name))
            if name in old and name in new and (not in_same_words or _is_equal(old[name], new[name])):
                continue
            changes.append(change)
    return tuple(sorted(changes, key=lambda change: (str(change.object), change.before or "")))


def _is_equal(before: str | None, after: str | None) -> bool:
    return before is None or after is None or before == after


def _shown(definitions: Definitions, name: ObjectName) -> str | None:
    """Empty for what is there and could not be read; None for what is not there."""
    return definitions[name] or "" if name in definitions else None


def _tables(snapshot: Snapshot) -> set[tuple[str, str]]:
    return {(relation.schema, relation.name) for relation in snapshot.relations}


def _relations(snapshot: Snapshot) -> Iterator[tuple[ObjectName, str | None]]:
    for one in snapshot.relations:
        if one.kind in _DEFINED and one.definition is None:
            yield table_object(one), None
            continue
        parts = [*one.options, *(["row level security"] if one.row_security else [])]
        parts += ["forced"] if one.force_row_security else []
        parts += [f"partition by {one.partition_key}"] if one.partition_key else []
        parts += [one.partition_bound] if one.partition_bound else []
        parts += ["unlogged"] if one.persistence == "u" else []
        yield table_object(one), " ".join([*parts, *([one.definition] if one.definition else [])])


def _columns(snapshot: Snapshot) -> Iterator[tuple[ObjectName, str | None]]:
    for one in snapshot.columns:
        relation = snapshot.relation_by_oid.get(one.relation)
        if relation is not None:
            yield ObjectName("column", one.name, relation.schema, relation.name), _column(one)


def _column(column: Column) -> str:
    parts = [column.type, *(["not null"] if column.not_null else [])]
    parts += [f"default {column.default}"] if column.default and not column.generated else []
    parts += [f"generated as {column.default}"] if column.generated else []
    parts += ["identity"] if column.identity else []
    return " ".join(parts)


def _indexes(snapshot: Snapshot) -> Iterator[tuple[ObjectName, str | None]]:
    for one in snapshot.indexes:
        if one.constraint:
            continue
        relation = snapshot.relation_by_oid.get(one.relation)
        validity = "" if one.is_valid or one.is_being_built else " (invalid)"
        yield ObjectName("index", one.name, one.schema, relation.name if relation else ""), f"{one.sql}{validity}"


def _constraints(snapshot: Snapshot) -> Iterator[tuple[ObjectName, str | None]]:
    for one in snapshot.constraints:
        relation = snapshot.relation_by_oid.get(one.relation)
        if relation is not None:
            yield ObjectName("constraint", one.name, relation.schema, relation.name), one.sql


def _policies(snapshot: Snapshot) -> Iterator[tuple[ObjectName, str | None]]:
    for one in snapshot.policies:
        relation = snapshot.relation_by_oid.get(one.relation)
        if relation is not None:
            parts = ["permissive" if one.is_permissive else "restrictive", f"for {one.command.lower()}"]
            parts += [f"to {', '.join(one.roles)}", *([f"using ({one.using})"] if one.using else [])]
            parts += [f"with check ({one.with_check})"] if one.with_check else []
            yield ObjectName("policy", one.name, relation.schema, relation.name), " ".join(parts)


def _triggers(snapshot: Snapshot) -> Iterator[tuple[ObjectName, str | None]]:
    for one in snapshot.triggers:
        relation = snapshot.relation_by_oid.get(one.relation)
        if relation is not None:
            switched = " (disabled)" if one.enabled == "D" else ""
            yield ObjectName("trigger", one.name, relation.schema, relation.name), f"{one.sql}{switched}"


def _functions(snapshot: Snapshot) -> Iterator[tuple[ObjectName, str | None]]:
    for one in snapshot.functions:
        yield ObjectName("function", f"{one.name}({one.arguments})", one.schema), one.sql


def _extensions(snapshot: Snapshot) -> Iterator[tuple[ObjectName, str | None]]:
    for one in snapshot.extensions:
        yield ObjectName("extension", one.name), one.version


def _types(snapshot: Snapshot) -> Iterator[tuple[ObjectName, str | None]]:
    for one in snapshot.types:
        parts = [*one.labels, *one.fields, *one.checks, *([one.base_type] if one.base_type else [])]
        yield ObjectName("type", one.name, one.schema), ", ".join(parts)


def _sequences(snapshot: Snapshot) -> Iterator[tuple[ObjectName, str | None]]:
    for one in snapshot.sequences:
        cycle = " cycle" if one.is_cycling else ""
        definition = f"{one.type} increment {one.increment} from {one.min_value} to {one.max_value}{cycle}"
        owner = snapshot.relation_by_oid.get(one.owner_relation or 0)
        yield ObjectName("sequence", one.name, one.schema, owner.name if owner else ""), definition


_KINDS: tuple[tuple[tuple[str, ...], Callable[[Snapshot], Iterator[tuple[ObjectName, str | None]]]], ...] = (
    (("relations",), _relations),
    (("relations", "columns"), _columns),
    (("relations", "indexes"), _indexes),
    (("relations", "constraints"), _constraints),
    (("relations", "policies"), _policies),
    (("relations", "triggers"), _triggers),
    (("functions",), _functions),
    (("extensions",), _extensions),
    (("types",), _types),
    (("sequences",), _sequences),
)
