"""Build an index without stopping reads or writes.

On a partitioned table CREATE INDEX CONCURRENTLY is refused (PostgreSQL documentation, "Building Indexes
Concurrently"): there the parent gets an index ON ONLY itself, every partition its own concurrently, and each is
attached; the parent's becomes valid with the last one.
"""

from collections.abc import Collection, Iterator

import msgspec

from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.evidence import Fact
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import Hazard, Prescription, Statement, StatementGain
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote

LONGEST_NAME = 63
"""Bytes that PostgreSQL keeps of a name (NAMEDATALEN - 1)."""


class Partition(msgspec.Struct, frozen=True, kw_only=True):
    """A partition that needs an index of its own, named ``index``, to be attached to its parent's."""

    name: RelationName
    parent: RelationName
    index: str
    is_partitioned: bool = False


def prescribe(
    definition: IndexDefinition,
    *,
    name: str,
    size_bytes: int,
    reason: str,
    gains: tuple[StatementGain, ...] = (),
    cures: tuple[str, ...] = (),
    facts: tuple[Fact, ...] = (),
    partitions: tuple[Partition, ...] = (),
    is_partitioned: bool = False,
) -> Prescription:
    """The cure that builds this index under this name, which must be free in the table's schema.

    ``size_bytes`` is estimated, all partitions together. A table that ``is_partitioned`` needs its ``partitions``
    in the order of ``partitions_of``.
    """
    index = RelationName(definition.relation.schema, name)
    do: tuple[Statement, ...]
    if is_partitioned:
        do = tuple(_on_partitions(definition, index, partitions))
        undo = (drop_with_partitions(index, definition.relation),)
    else:
        do = (_build(definition, name),)
        undo = (drop_concurrently(index, definition.relation),)
    if not all(key.is_column for key in definition.keys):
        do = (*do, _analyze(definition.relation))
    return Prescription(
        kind="create_index",
        object=ObjectName("index", name, schema=index.schema),
        table=ObjectName("table", definition.relation.name, schema=definition.relation.schema),
        reason=reason,
        do=do,
        undo=undo,
        verify=f"select exists ({valid_index_query(index)})",
        hazards=(
            Hazard.TAKES_DISK,
            Hazard.SLOWS_WRITES,
            Hazard.READS_WHOLE_TABLE,
            Hazard.WAITS_FOR_OLD_TRANSACTIONS,
        ),
        size_bytes=size_bytes,
        cures=cures,
        facts=facts,
        gains=gains,
    )


def name_for(definition: IndexDefinition, taken: Collection[str] = ()) -> str:
    """A name that says what the index is on: ``<table>_<columns>_idx``, numbered when it is among ``taken``.

    At most 63 bytes of UTF-8, cut between characters. ``taken`` are the names of all relations of the schema.
    """
    keys = [key.expression if key.is_column else "expr" for key in definition.keys]
    stem = "_".join([definition.relation.name, *keys]).encode()
    number = 0
    while True:
        ending = f"_idx{number or ''}"
        name = stem[: LONGEST_NAME - len(ending)].decode(errors="ignore") + ending
        if name not in taken:
            return name
        number += 1


def partitions_of(snapshot: Snapshot, definition: IndexDefinition) -> tuple[Partition, ...]:
    """The partitions below the definition's table, parents before children, each with a free name for its index.

    Empty for a plain table. Raises ValueError where a partition is a foreign table: it cannot have an index, and
    without it an index made ON ONLY the parent never becomes valid.
    """
    taken: dict[str, set[str]] = {}
    for relation in snapshot.relations:
        taken.setdefault(relation.schema, set()).add(relation.name)
    for existing in snapshot.indexes:
        taken.setdefault(existing.schema, set()).add(existing.name)
    found: list[Partition] = []
    level = [definition.relation]
    while level:
        parents = {
            relation.oid: relation.relation_name for relation in map(snapshot.relation_by_name.__getitem__, level)
        }
        level = []
        for child in sorted(snapshot.relations, key=lambda relation: relation.relation_name):
            parent = next((parents[oid] for oid in child.parents if oid in parents), None)
            if parent is None or not child.is_partition:
                continue
            if child.kind == "f":
                raise ValueError(f"the partition {child.relation_name} is a foreign table, which can have no index")
            names = taken.setdefault(child.schema, set())
            index = name_for(msgspec.structs.replace(definition, relation=child.relation_name), names)
            names.add(index)
            found.append(
                Partition(name=child.relation_name, parent=parent, index=index, is_partitioned=child.kind == "p")
            )
            level.append(child.relation_name)
    return tuple(found)


def drop_concurrently(index: RelationName, table: RelationName) -> Statement:
    """The statement that drops an index which no other index or constraint depends on."""
    return Statement(
        sql=f"drop index concurrently {quote.relation(index)}",
        in_transaction=False,
        lock="SHARE UPDATE EXCLUSIVE",
        blocks="schema changes, VACUUM and index builds on {table}; reads and writes go on",
        table=str(table),
        index=index,
    )


def build_statement(sql: str, definition: IndexDefinition, name: str) -> Statement:
    """A CREATE INDEX CONCURRENTLY with what it locks, whoever wrote its text."""
    return Statement(
        sql=sql,
        in_transaction=False,
        lock="SHARE UPDATE EXCLUSIVE",
        blocks="schema changes, VACUUM and other index builds on {table}; reads and writes go on",
        table=str(definition.relation),
        index=RelationName(definition.relation.schema, name),
        makes=definition,
    )


def valid_index_query(index: RelationName) -> str:
    """A query with one row when this index exists and is valid."""
    return (
        "select from pg_catalog.pg_index as i"
        " join pg_catalog.pg_class as c on c.oid = i.indexrelid"
        " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        f" where n.nspname = {quote.literal(index.schema)} and c.relname = {quote.literal(index.name)}"
        " and i.indisvalid and i.indislive"
    )


def _build(definition: IndexDefinition, name: str) -> Statement:
    return build_statement(quote.create_index(definition, name, concurrently=True), definition, name)


def _analyze(table: RelationName) -> Statement:
    """An expression has statistics once it is indexed and analysed; before, the planner guesses."""
    return Statement(
        sql=f"analyze {quote.relation(table)}",
        lock="SHARE UPDATE EXCLUSIVE",
        blocks="schema changes and VACUUM on {table}; reads and writes go on",
        table=str(table),
    )


def _on_partitions(
    definition: IndexDefinition, index: RelationName, partitions: tuple[Partition, ...]
) -> Iterator[Statement]:
    yield _only(definition, index.name)
    index_of = {definition.relation: index}
    for partition in partitions:
        own = msgspec.structs.replace(definition, relation=partition.name)
        yield _only(own, partition.index) if partition.is_partitioned else _build(own, partition.index)
        child = index_of[partition.name] = RelationName(partition.name.schema, partition.index)
        yield Statement(
            sql=f"alter index {quote.relation(index_of[partition.parent])} attach partition {quote.relation(child)}",
            lock="ACCESS EXCLUSIVE on the partition's index",
            blocks="statements on {table}, for an instant",
            table=str(partition.name),
        )


def _only(definition: IndexDefinition, name: str) -> Statement:
    return Statement(
        sql=quote.create_index(definition, name, only=True),
        lock="SHARE",
        blocks="writes through {table}, for an instant: nothing is built",
        table=str(definition.relation),
        index=RelationName(definition.relation.schema, name),
        makes=definition,
    )


def drop_with_partitions(index: RelationName, table: RelationName) -> Statement:
    """The statement that drops an index together with the partitions' indexes attached to it."""
    return Statement(
        sql=f"drop index {quote.relation(index)}",
        lock="ACCESS EXCLUSIVE",
        blocks="everything on {table} and its partitions, for an instant",
        table=str(table),
        index=index,
    )
