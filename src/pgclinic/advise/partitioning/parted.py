"""The snapshot in which a table is partitioned and every partition has the rows of its time: what a planner would see.

That is how the database will be once the time of several partitions has passed, not how it is right after the
conversion, which leaves all that was before in one partition.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import ceil

import msgspec

from pgclinic.advise.partitioning.spread import Spread, narrowed
from pgclinic.model.catalog import Column, Constraint, Index, IndexKey, Relation
from pgclinic.model.clock import position
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.sizes.types import PAGE
from pgclinic.sql import quote


class Part(msgspec.Struct, frozen=True):
    """One partition: the days at which it begins and before which it ends, and its share of the rows."""

    low: str
    high: str
    share: float


def parts_of(spread: Spread, days: tuple[str, ...]) -> tuple[Part, ...]:
    """The partitions between these days, with their shares of the rows."""
    return tuple(Part(low, high, spread.between(position(low), position(high))) for low, high in pairwise(days))


def only(snapshot: Snapshot, relations: frozenset[int]) -> Snapshot:
    """The snapshot with these relations (by oid) and nothing else, so that a twin of it is quickly made."""
    return msgspec.structs.replace(
        snapshot, relations=tuple(relation for relation in snapshot.relations if relation.oid in relations)
    )


def parted(snapshot: Snapshot, table: Relation, key: Column, spread: Spread, parts: tuple[Part, ...]) -> Snapshot:
    """The snapshot with the table partitioned by range of the key into these parts."""
    return _Parting(snapshot, table, key, spread).snapshot_with(parts)


class _Parting:
    def __init__(self, snapshot: Snapshot, table: Relation, key: Column, spread: Spread) -> None:
        self.snapshot, self.table, self.key, self.spread = snapshot, table, key, spread
        self.next_oid = max(
            [
                *(each.oid for each in snapshot.relations),
                *(each.oid for each in snapshot.indexes),
                *(each.oid for each in snapshot.constraints),
            ]
        )
        self.indexes = [self._widened(index) for index in snapshot.indexes_of.get(table.oid, ()) if index.is_valid]
        self.statistics = [row for row in snapshot.column_statistics if row.relation == table.oid]

    def snapshot_with(self, parts: tuple[Part, ...]) -> Snapshot:
        snapshot, table = self.snapshot, self.table
        partitions = {self._oid(): part for part in parts}
        relations = {oid: self._partition(oid, part) for oid, part in partitions.items()}
        made = [
            (self._index(index, relations[oid], part, self._oid()), part)
            for oid, part in partitions.items()
            for index in self.indexes
        ]
        own = {index.oid for index in snapshot.indexes_of.get(table.oid, ())}
        constraints = [self._of_parent(each) for each in snapshot.constraints]
        parents = {each.index: each for each in constraints if each.relation == table.oid and each.index is not None}
        return msgspec.structs.replace(
            snapshot,
            relations=(
                *(self._parent() if each.oid == table.oid else each for each in snapshot.relations),
                *relations.values(),
            ),
            columns=(
                *snapshot.columns,
                *(
                    msgspec.structs.replace(column, relation=oid)
                    for oid in partitions
                    for column in snapshot.columns_of.get(table.oid, ())
                ),
            ),
            column_statistics=(
                *(
                    msgspec.structs.replace(row, inherited=True) if row.relation == table.oid else row
                    for row in snapshot.column_statistics
                ),
                *(row for oid, part in partitions.items() for row in self._narrowed(oid, part)),
            ),
            extended_statistics=tuple(
                msgspec.structs.replace(row, inherited=True) if row.relation == table.oid else row
                for row in snapshot.extended_statistics
            ),
            column_ends=tuple(each for each in snapshot.column_ends if each.relation != table.oid),
            indexes=(
                *(index for index in snapshot.indexes if index.oid not in own),
                *(self._on_parent(index) for index in self.indexes),
                *(index for index, _ in made),
            ),
            constraints=(*constraints, *self._of_partitions([index for index, _ in made], parents)),
        )

    def _oid(self) -> int:
        self.next_oid += 1
        return self.next_oid

    def _parent(self) -> Relation:
        return msgspec.structs.replace(
            self.table,
            kind="p",
            partition_key=f"RANGE ({quote.identifier(self.key.name)})",
            options=(),
            pages=0,
            all_visible_pages=0,
            heap_bytes=None,
        )

    def _partition(self, oid: int, part: Part) -> Relation:
        table = self.table
        low, high = quote.literal(part.low), quote.literal(part.high)
        return msgspec.structs.replace(
            table,
            oid=oid,
            name=f"p{oid}",
            is_partition=True,
            parents=(table.oid,),
            partition_bound=f"FOR VALUES FROM ({low}) TO ({high})",
            pages=ceil(table.pages * part.share),
            tuples=table.tuples * part.share,
            all_visible_pages=round(table.all_visible_pages * part.share),
            heap_bytes=_portion(table.heap_bytes, part),
            toast_bytes=_portion(table.toast_bytes, part),
            index_bytes=_portion(table.index_bytes, part),
            total_bytes=_portion(table.total_bytes, part),
            row_security=False,
            force_row_security=False,
        )

    def _narrowed(self, oid: int, part: Part) -> Iterator[ColumnStatistics]:
        for row in self.statistics:
            own = msgspec.structs.replace(row, relation=oid)
            yield narrowed(own, self.spread, part.low, part.high) if row.column == self.key.name else own

    def _widened(self, index: Index) -> Index:
        """The primary key with the partition key in it; every other index as it is."""
        definition = index.definition
        if not index.is_primary or any(key.expression == self.key.name for key in definition.keys):
            return index
        keys = (*definition.keys, IndexKey(self.key.name))
        return msgspec.structs.replace(index, definition=msgspec.structs.replace(definition, keys=keys))

    def _on_parent(self, index: Index) -> Index:
        return msgspec.structs.replace(
            index,
            sql=quote.create_index(index.definition, index.name, only=True),
            is_partitioned=True,
            pages=0,
            bytes=None,
            tree_level=None,
        )

    def _index(self, index: Index, partition: Relation, part: Part, oid: int) -> Index:
        definition = msgspec.structs.replace(index.definition, relation=partition.relation_name)
        name = f"i{oid}"
        return msgspec.structs.replace(
            index,
            oid=oid,
            relation=partition.oid,
            name=name,
            definition=definition,
            sql=quote.create_index(definition, name),
            parent=index.oid,
            constraint=name if index.constraint else "",
            pages=max(1, ceil(index.pages * part.share)),
            tuples=index.tuples * part.share,
            bytes=_portion(index.bytes, part),
            tree_level=None,
        )

    def _of_parent(self, constraint: Constraint) -> Constraint:
        if constraint.relation != self.table.oid or constraint.kind != "p" or self.key.name in constraint.columns:
            return constraint
        columns = (*constraint.columns, self.key.name)
        return msgspec.structs.replace(constraint, columns=columns, sql=f"PRIMARY KEY ({_listed(columns)})")

    def _of_partitions(self, made: list[Index], parents: Mapping[int, Constraint]) -> Iterator[Constraint]:
        for index in made:
            parent = parents.get(index.parent or 0)
            if parent is not None:
                yield msgspec.structs.replace(
                    parent, oid=self._oid(), relation=index.relation, name=index.name, index=index.oid
                )


def _portion(size: int | None, part: Part) -> int | None:
    """A part's bytes, in whole pages."""
    return None if size is None else ceil(size * part.share / PAGE) * PAGE


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(map(quote.identifier, columns))
