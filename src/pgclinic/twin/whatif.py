"""What-if indexes: real ones, made on emptied tables by the hundred, then given the size that they would have."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import psycopg
from psycopg.rows import class_row

from pgclinic.model.catalog import IndexDefinition, Relation
from pgclinic.model.plan import Refusal
from pgclinic.model.snapshot import Snapshot
from pgclinic.sizes import heap_pages
from pgclinic.sizes.types import PAGE
from pgclinic.sql import quote
from pgclinic.twin import files, statistics
from pgclinic.twin.explain import WHATIF_PREFIX
from pgclinic.twin.rebuild import Rebuilt
from pgclinic.twin.shapes import Shapes
from pgclinic.twin.shaping import Shape, shape_index
from pgclinic.twin.sizes import real, set_planner_views, whole

Connection = psycopg.Connection[tuple[object, ...]]
Numbered = tuple[int, IndexDefinition]


class MadeIndex(msgspec.Struct, frozen=True):
    """An index on the twin: its oid and those of the partitions' indexes below it, and their bytes in all."""

    oids: tuple[int, ...]
    bytes: int


class _New(msgspec.Struct, frozen=True):
    """A row of _MADE."""

    number: int
    oid: int
    table: int
    path: str | None


_MADE = """
select made.number, i.indexrelid::int8 as oid, i.indrelid::int8 as table,
    pg_catalog.pg_relation_filepath(i.indexrelid) as path
from rows from (pg_catalog.unnest(%s::int8[]), pg_catalog.unnest(%s::text[])) as made (number, name)
cross join lateral (
    select made.name::pg_catalog.regclass::pg_catalog.oid as oid
    union
    select t.relid::pg_catalog.oid from pg_catalog.pg_partition_tree(made.name::pg_catalog.regclass) as t
) as part
join pg_catalog.pg_index as i on i.indexrelid = part.oid
where i.indexrelid <> all (%s::pg_catalog.oid[])
order by made.number, i.indexrelid
"""
"""New indexes and those of the partitions below them. A partition's own index of the same definition is taken for
the new one's; it stays the user's."""

_FINISH = """
with shape as (
    select * from rows from (pg_catalog.unnest(%s::pg_catalog.oid[]), pg_catalog.unnest(%s::text[]),
        pg_catalog.unnest(%s::int4[]), pg_catalog.unnest(%s::float4[]), pg_catalog.unnest(%s::pg_catalog.oid[]))
        as shape (oid, name, pages, tuples, file)
), sized as (
    update pg_catalog.pg_class as c set relpages = shape.pages, reltuples = shape.tuples,
        relfilenode = case when shape.file <> 0 then shape.file else c.relfilenode end,
        relname = case when c.relispartition then shape.name || '_' || c.oid else c.relname end
    from shape where c.oid = shape.oid
)
update pg_catalog.pg_index set indisvalid = false, indislive = false where indexrelid in (select oid from shape)
"""
"""All under names that plans are read by, with their sizes, hidden and asleep (see visibility.py)."""


class Workshop:
    """Makes indexes in one database; ``run`` runs a statement as the builder, ``ask`` gives back a script's one value.

    Nothing may be planned there meanwhile, for heaps are short while it works.
    """

    def __init__(
        self,
        superuser: Callable[[], Connection],
        run: Callable[[str], None],
        ask: Callable[[str], bytes],
        snapshot: Snapshot,
        database: Rebuilt,
        shapes: Shapes,
    ) -> None:
        self._superuser = superuser
        self._run = run
        self._ask = ask
        self._snapshot = snapshot
        self._database = database
        self._shapes = shapes
        self._source_oids = {twin: oid for oid, twin in database.oids.items()}

    def make(self, definitions: Sequence[Numbered]) -> Mapping[int, MadeIndex | Refusal]:
        """Make the indexes, table by table. Raises psycopg.Error or OSError when the server is gone."""
        answers: dict[int, MadeIndex | Refusal] = {}
        tables: dict[int, list[Numbered]] = {}
        for number, definition in definitions:
            relation = self._snapshot.relation_by_name.get(definition.relation)
            if relation is None or relation.oid not in self._database.oids:
                answers[number] = Refusal(f"the table {definition.relation} is not on the twin")
            else:
                tables.setdefault(relation.oid, []).append((number, definition))
        for oid, wanted in tables.items():
            answers |= self._make_on(self._snapshot.relation_by_oid[oid], wanted)
        return answers

    def _make_on(self, relation: Relation, wanted: list[Numbered]) -> dict[int, MadeIndex | Refusal]:
        heaps = [each for each in self._with_partitions(relation) if each.kind != "p"]
        answers: dict[int, MadeIndex | Refusal] = {}
        for heap in heaps:
            for _, definition in wanted:
                self._shapes.prepare(heap, definition, self._ask)
        try:
            for heap in heaps:
                self._resize(heap, 0)
            for number, definition in wanted:
                try:
                    self._run(quote.create_index(definition, f"{WHATIF_PREFIX}{number}"))
                except (psycopg.Error, ValueError) as error:
                    answers[number] = Refusal(str(error).strip().partition("\n")[0])
            answers |= dict(self._finish([each for each in wanted if each[0] not in answers]))
        finally:
            for heap in heaps:
                self._resize(heap, heap_pages(heap))
            # It also makes every session look again which indexes there are.
            set_planner_views(self._superuser(), [(heap, self._database.oids[heap.oid]) for heap in heaps])
        return answers

    def _finish(self, made: list[Numbered]) -> Iterator[tuple[int, MadeIndex]]:
        """Give the new indexes, and those of the partitions below them, their names and shapes."""
        if not made:
            return
        definitions = dict(made)
        parts: dict[int, list[tuple[_New, Shape, int]]] = {number: [] for number in definitions}
        for new in self._new_indexes(made):
            shape, file = Shape(0, 0), 0
            table = self._snapshot.relation_by_oid.get(self._source_oids.get(new.table, 0))
            if table is not None and new.path is not None:
                shape = self._shapes.of(table, definitions[new.number])
                file = shape_index(shape, self._database.data_directory / new.path, new.oid)
            parts[new.number].append((new, shape, file))
        everything = [each for shaped in parts.values() for each in shaped]
        self._superuser().execute(
            _FINISH,
            [
                [new.oid for new, _, _ in everything],
                [f"{WHATIF_PREFIX}{new.number}" for new, _, _ in everything],
                [whole(shape.pages) for _, shape, _ in everything],
                [real(shape.tuples) for _, shape, _ in everything],
                [file for _, _, file in everything],
            ],
        )
        statistics.load_positions(
            self._superuser(), [(new.oid, shape.statistics) for new, shape, _ in everything if shape.statistics]
        )
        for number, shaped in parts.items():
            pages = sum(shape.pages for _, shape, _ in shaped)
            yield number, MadeIndex(tuple(new.oid for new, _, _ in shaped), pages * PAGE)

    def _new_indexes(self, made: list[Numbered]) -> list[_New]:
        names = [
            f"{quote.identifier(definition.relation.schema)}.{quote.identifier(f'{WHATIF_PREFIX}{number}')}"
            for number, definition in made
        ]
        users = list(self._database.oids.values())
        with self._superuser().cursor(row_factory=class_row(_New)) as cursor:
            return cursor.execute(_MADE, [[number for number, _ in made], names, users]).fetchall()

    def _with_partitions(self, relation: Relation) -> list[Relation]:
        found = [relation]
        for parent in found:
            if parent.kind == "p":
                found += self._snapshot.children_of.get(parent.oid, ())
        return [each for each in found if each.oid in self._database.oids]

    def _resize(self, relation: Relation, pages: int) -> None:
        path = self._database.paths.get(relation.oid)
        if path is not None:
            files.resize(path, pages) if pages else files.empty(path)
