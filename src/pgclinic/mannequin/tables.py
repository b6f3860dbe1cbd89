"""The rows of every table, drawn from the snapshot's statistics, parents before the tables that refer to them. Pure.

The same snapshot, scale and seed give the same rows.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np

from pgclinic.mannequin.amounts import source_rows
from pgclinic.mannequin.drawing import NULL, Drawn, Random, draw, draw_from, wanted_of
from pgclinic.mannequin.keys import deal, first_of_each
from pgclinic.mannequin.ladder import Known, Numbers, known_of
from pgclinic.model.catalog import Column, Relation, UserType
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.sql import quote

_MOST_DOMAINS = 8
"""Domains of domains of domains: PostgreSQL has no limit."""


class Reference(msgspec.Struct, frozen=True):
    """Columns that hold what columns of another table (``parent``, an oid) hold, in the same order."""

    columns: tuple[str, ...]
    parent: int
    parent_columns: tuple[str, ...]


class DrawnTable(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a table by column. ``dropped`` rows could not be given a key of their own."""

    relation: Relation
    columns: Mapping[str, Drawn]
    rows: int
    dropped: int = 0


class Drawing:
    """Draws one table after the other. ``notes`` says what is otherwise than the statistics would have it."""

    def __init__(
        self,
        snapshot: Snapshot,
        rows: Mapping[int, int],
        seed: int,
        references: Mapping[int, tuple[Reference, ...]] | None = None,
    ) -> None:
        self.notes: list[str] = []
        self._snapshot = snapshot
        self._rows = rows
        self._seed = seed
        self._implied = references or {}
        self._types = {each.oid: each for each in snapshot.types}
        self._types_by_name = {_type_name(each): each for each in snapshot.types if each.schema and each.name}
        self._ends = {(each.relation, each.column): (each.low, each.high) for each in snapshot.column_ends}
        self._drawn: dict[int, DrawnTable] = {}
        self._unsettled: list[tuple[int, Reference]] = []

    def order(self) -> tuple[Relation, ...]:
        """The tables, each after those that it refers to; of those that refer to each other, one has to be first."""
        found: dict[int, Relation] = {}
        begun: set[int] = set()
        for start in sorted(self._rows, key=self._name):
            pending = [start]
            while pending:
                oid = pending[-1]
                if oid in found or oid not in self._rows:
                    pending.pop()
                    continue
                waiting = [
                    leaf
                    for reference in self._references(oid)
                    for leaf in self._leaves(reference.parent)
                    if leaf not in found and leaf not in begun and leaf in self._rows
                ]
                if oid in begun or not waiting:
                    found[oid] = self._snapshot.relation_by_oid[oid]
                    pending.pop()
                begun.add(oid)
                pending += waiting
        return tuple(found.values())

    def draw(self, relation: Relation) -> DrawnTable:
        """All rows of a table."""
        oid, rows = relation.oid, self._rows[relation.oid]
        uniques = tuple(self._unique_keys(oid))
        alone = {columns[0] for columns in uniques if len(columns) == 1}
        columns = {each.name: each for each in self._snapshot.columns_of.get(oid, ()) if not each.generated}
        drawn: dict[str, Drawn] = {}
        references = [each for each in self._references(oid) if set(each.columns) <= set(columns)]
        referring = {name for reference in references for name in reference.columns}
        for name, column in columns.items():
            if name not in referring:
                drawn[name] = self._column(relation, column, rows, is_unique=name in alone)
        for reference in sorted(references, key=lambda each: (each.parent == oid, -len(each.columns), each.columns)):
            waiting = [name for name in reference.columns if name not in drawn]
            found = self._referring(relation, columns, reference, drawn, rows, alone) if waiting else {}
            if waiting and not found and reference.parent != oid:
                self._unsettled.append((oid, reference))
            drawn |= {name: found[name] for name in waiting if name in found}
        for name in sorted(referring - set(drawn)):
            drawn[name] = self._column(relation, columns[name], rows, is_unique=name in alone)
        ordered = {name: drawn[name] for name in columns}
        table = self._made_unique(relation, ordered, uniques, references, rows)
        self._drawn[oid] = table
        return table

    def finished(self) -> tuple[DrawnTable, ...]:
        """Every table drawn, those too that refer to each other: what had no parent yet finds it now."""
        for oid, reference in self._unsettled:
            table = self._drawn[oid]
            columns = {each.name: each for each in self._snapshot.columns_of.get(oid, ())}
            keyed = {name for key in self._unique_keys(oid) for name in key}
            if keyed & set(reference.columns):
                continue
            found = self._referring(table.relation, columns, reference, table.columns, table.rows, set())
            self._drawn[oid] = msgspec.structs.replace(table, columns={**table.columns, **found})
        self._unsettled.clear()
        return tuple(self._drawn.values())

    def _column(self, relation: Relation, column: Column, rows: int, *, is_unique: bool) -> Drawn:
        statistics, known = self._known(relation, column)
        wanted = wanted_of(statistics, rows, is_unique=is_unique, is_nullable=not column.not_null)
        seed = f"{self._seed}/{relation.relation_name}/{column.name}"
        return draw(known, wanted, _random(seed), seed, is_unique=is_unique)

    def _referring(
        self,
        relation: Relation,
        columns: Mapping[str, Column],
        reference: Reference,
        drawn: Mapping[str, Drawn],
        rows: int,
        alone: set[str],
    ) -> dict[str, Drawn]:
        """The columns of a reference, taken from rows of the parent; nothing when it has none yet."""
        own = reference.parent == relation.oid
        if own and not set(reference.parent_columns) <= set(drawn):
            return {}
        parents = (
            [drawn]
            if own
            else [self._drawn[leaf].columns for leaf in self._leaves(reference.parent) if leaf in self._drawn]
        )
        parents = [each for each in parents if all(name in each for name in reference.parent_columns)]
        if not parents:
            return {}
        keys = _keys(parents, reference.parent_columns)
        if not keys:
            return {}
        first = reference.columns[0]
        is_unique = len(reference.columns) == 1 and first in alone
        statistics, known = self._known(relation, columns[first])
        is_nullable = not any(columns[name].not_null for name in reference.columns)
        wanted = wanted_of(statistics, rows, is_unique=is_unique, is_nullable=is_nullable)
        random = _random(f"{self._seed}/{relation.relation_name}/{'/'.join(reference.columns)}")
        if len(reference.columns) > 1:
            wanted = msgspec.structs.replace(wanted, distinct=len(keys))
            known = msgspec.structs.replace(known, common=(), shares=(), bounds=(), axis=None)
        elif statistics is not None and statistics.n_distinct > 0:
            share = len(keys) / max(1.0, self._full_rows(reference.parent))
            wanted = msgspec.structs.replace(wanted, distinct=max(1, round(wanted.distinct * min(1.0, share))))
        texts = list(dict.fromkeys(key[0] for key in keys)) if len(reference.columns) == 1 else [""] * len(keys)
        codes = draw_from(texts, known, wanted, random, is_unique=is_unique)
        if len(reference.columns) == 1:
            return {first: Drawn(texts, codes)}
        return {name: _taken(keys, place, codes) for place, name in enumerate(reference.columns)}

    def _made_unique(
        self,
        relation: Relation,
        drawn: dict[str, Drawn],
        uniques: Sequence[tuple[str, ...]],
        references: Sequence[Reference],
        rows: int,
    ) -> DrawnTable:
        """Deal the values of keys of several columns out anew; rows that have another's key even so are dropped."""
        tied = {name for reference in references if len(reference.columns) > 1 for name in reference.columns}
        fixed: set[str] = {columns[0] for columns in uniques if len(columns) == 1}
        for key in sorted(uniques, key=len):
            if len(key) == 1 or not set(key) <= set(drawn):
                continue
            if not first_of_each([drawn[name].codes for name in key]).all():
                self._deal(relation, drawn, key, tied | fixed)
            fixed |= set(key)
        keep = np.ones(rows, dtype=np.bool_)
        for key in uniques:
            if set(key) <= set(drawn):
                keep &= first_of_each([drawn[name].codes for name in key])
        dropped = rows - int(keep.sum())
        if dropped:
            self.notes.append(f"{dropped:,} rows of {relation.relation_name} that have no key of their own")
            drawn = {name: each.only(keep) for name, each in drawn.items()}
        return DrawnTable(relation=relation, columns=drawn, rows=rows - dropped, dropped=dropped)

    def _deal(self, relation: Relation, drawn: dict[str, Drawn], key: tuple[str, ...], fixed: set[str]) -> None:
        """Column after column of the key within the groups of those before it: fixed ones and sorted ones first."""

        def rank(name: str) -> tuple[bool, float, int]:
            return name not in fixed, -self._order(relation, name), -len(drawn[name].texts)

        ordered = sorted(key, key=rank)
        for place, name in enumerate(ordered[1:], start=1):
            if name not in fixed:
                codes = [drawn[each].codes for each in ordered[: place + 1]]
                random = _random(f"{self._seed}/{relation.relation_name}/{key}/{name}")
                drawn[name] = Drawn(drawn[name].texts, deal(codes, place, random))

    def _order(self, relation: Relation, column: str) -> float:
        statistics = self._statistics(relation, column)
        return abs(statistics.correlation or 0.0) if statistics else 0.0

    def _known(self, relation: Relation, column: Column) -> tuple[ColumnStatistics | None, Known]:
        statistics = self._statistics(relation, column.name)
        type_name, labels = self._base_type(column)
        ends = self._ends.get((relation.oid, column.name), (None, None))
        return statistics, known_of(type_name, statistics, self._snapshot.header.clock, labels=labels, ends=ends)

    def _statistics(self, relation: Relation, column: str) -> ColumnStatistics | None:
        """Its own, else those of the table that it is a part of."""
        for oid, inherited in ((relation.oid, False), *((parent, True) for parent in relation.parents)):
            found = self._snapshot.statistics_of.get((oid, column, inherited))
            if found is not None:
                return found
        return None

    def _base_type(self, column: Column) -> tuple[str, tuple[str, ...]]:
        """What a column's type is made of, and the labels of an enum."""
        name, found = column.type, self._types.get(column.type_oid)
        for _ in range(_MOST_DOMAINS):
            if found is None or found.kind != "d":
                break
            name, found = found.base_type, self._types_by_name.get(found.base_type)
        return name, found.labels if found is not None and found.kind == "e" else ()

    def _unique_keys(self, oid: int) -> Iterator[tuple[str, ...]]:
        found: dict[tuple[str, ...], None] = {}
        for index in self._snapshot.indexes_of.get(oid, ()):
            definition = index.definition
            if definition.is_unique and not definition.predicate and all(key.is_column for key in definition.keys):
                found[tuple(key.expression for key in definition.keys)] = None
        yield from found

    def _references(self, oid: int) -> tuple[Reference, ...]:
        """By foreign keys, and those that statements imply of columns without one."""
        found = [
            Reference(each.columns, each.references, each.referenced_columns)
            for each in self._snapshot.constraints_of.get(oid, ())
            if each.kind == "f"
            and each.references is not None
            and len(each.columns) == len(each.referenced_columns) > 0
        ]
        taken = {name for reference in found for name in reference.columns}
        return (*found, *(each for each in self._implied.get(oid, ()) if not taken & set(each.columns)))

    def _leaves(self, oid: int) -> list[int]:
        """The table itself, or the partitions that hold its rows."""
        relation = self._snapshot.relation_by_oid.get(oid)
        if relation is None or relation.kind != "p":
            return [oid]
        return [leaf for child in self._snapshot.children_of.get(oid, ()) for leaf in self._leaves(child.oid)]

    def _full_rows(self, oid: int) -> float:
        relation = self._snapshot.relation_by_oid.get(oid)
        return source_rows(self._snapshot, relation) if relation else 0.0

    def _name(self, oid: int) -> RelationName:
        return self._snapshot.relation_by_oid[oid].relation_name


def _type_name(user_type: UserType) -> str:
    """As format_type writes it for who has its schema in the search path, or not."""
    bare = quote.identifier(user_type.name)
    return bare if user_type.schema == "public" else f"{quote.identifier(user_type.schema)}.{bare}"


def _random(seed: str) -> Random:
    return np.random.default_rng(zlib.crc32(seed.encode(errors="replace")))


def _keys(parents: Iterable[Mapping[str, Drawn]], columns: Sequence[str]) -> list[tuple[str, ...]]:
    """The keys of the parent's rows, without those that have a null: in the order of the first column's values."""
    found: list[tuple[str, ...]] = []
    for parent in parents:
        codes = [parent[name].codes for name in columns]
        rows = np.flatnonzero(np.logical_and.reduce([each != NULL for each in codes]))
        rows = rows[np.argsort(codes[0][rows], kind="stable")]
        texts = [parent[name].texts for name in columns]
        listed = [each[rows].tolist() for each in codes]
        found += [tuple(texts[place][code] for place, code in enumerate(key)) for key in zip(*listed, strict=True)]
    return found


def _taken(keys: Sequence[tuple[str, ...]], place: int, codes: Numbers) -> Drawn:
    """One column of the parent's rows that were drawn."""
    texts = sorted({key[place] for key in keys})
    code_of = {text: code for code, text in enumerate(texts)}
    of_row = np.array([code_of[key[place]] for key in keys] + [NULL], dtype=np.int64)
    return Drawn(texts, of_row[codes])
