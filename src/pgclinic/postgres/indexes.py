"""What an index is right now, so that a treatment knows whether a step was done before, and by whom."""

import re
from typing import NamedTuple

import msgspec
import psycopg

from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.names import RelationName

_COLUMNS = """
select
  class.relname,
  namespace.nspname,
  tables.relname,
  table_namespace.nspname,
  class.relkind = 'I',
  index.indisvalid and index.indisready and index.indislive,
  index.indisunique,
  method.amname,
  array(
    select case when index.indkey[place - 1] = 0 then null else attribute.attname::pg_catalog.text end
    from pg_catalog.generate_series(1, index.indnatts) as place
    left join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = index.indrelid and attribute.attnum = index.indkey[place - 1]
    order by place
  ),
  index.indnkeyatts,
  index.indoption::pg_catalog.int2[],
  index.indpred is not null,
  not exists (
    select from pg_catalog.unnest(index.indclass::pg_catalog.oid[]) as used (oid)
    join pg_catalog.pg_opclass as opclass on opclass.oid = used.oid
    where not opclass.opcdefault
  ) and not exists (
    select from pg_catalog.unnest(index.indcollation::pg_catalog.oid[]) with ordinality as used (oid, place)
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid = index.indrelid and attribute.attnum = index.indkey[used.place - 1]
    where used.oid <> 0 and used.oid <> attribute.attcollation
  )
from pg_catalog.pg_index as index
join pg_catalog.pg_class as class on class.oid = index.indexrelid
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
join pg_catalog.pg_class as tables on tables.oid = index.indrelid
join pg_catalog.pg_namespace as table_namespace on table_namespace.oid = tables.relnamespace
join pg_catalog.pg_am as method on method.oid = class.relam
"""

_BY_NAME = f"{_COLUMNS} where namespace.nspname = %s and class.relname = %s order by class.oid"
_BY_TABLE = f"{_COLUMNS} where table_namespace.nspname = %s and tables.relname = %s order by class.relname, class.oid"

_ENDING = re.compile(r"_cc(?:new|old)\d*\Z")

_DESCENDING, _NULLS_FIRST = 1, 2
"""Bits of pg_index.indoption (INDOPTION_* in PostgreSQL's pg_index.h)."""


class Outline(msgspec.Struct, frozen=True):
    """What of a definition compares without the server's deparser: expressions and predicates are only counted.

    ``keys`` are (column or None for an expression, descending, nulls first).
    """

    method: str
    is_unique: bool
    keys: tuple[tuple[str | None, bool, bool], ...]
    include: tuple[str, ...]
    has_predicate: bool

    @property
    def is_exact(self) -> bool:
        """Whether nothing was left out, operator classes and collations aside."""
        return not self.has_predicate and all(column is not None for column, _, _ in self.keys)


class SeenIndex(msgspec.Struct, frozen=True):
    """An index in the catalogs."""

    name: RelationName
    table: RelationName
    is_partitioned: bool
    is_valid: bool
    outline: Outline
    is_plain: bool
    """Every key has its type's default operator class and its column's collation."""

    def is_made_from(self, definition: IndexDefinition) -> bool:
        """Whether it can be what CREATE INDEX made of this definition."""
        return self.table == definition.relation and self.outline == outline_of(definition)


def outline_of(definition: IndexDefinition) -> Outline:
    """The outline of a definition."""
    keys = tuple(
        (key.expression if key.is_column else None, key.descending, key.nulls_first) for key in definition.keys
    )
    return Outline(definition.method, definition.is_unique, keys, definition.include, bool(definition.predicate))


def find_index(connection: psycopg.Connection, name: RelationName) -> SeenIndex | None:
    """The index of this name, if there is one."""
    row = connection.execute(_BY_NAME, [name.schema, name.name]).fetchone()
    return None if row is None else _seen(row)


def indexes_of(connection: psycopg.Connection, table: RelationName) -> tuple[SeenIndex, ...]:
    """The indexes of a table by name."""
    rows = connection.execute(_BY_TABLE, [table.schema, table.name]).fetchall()
    return tuple(_seen(row) for row in rows)


def leftovers_of(connection: psycopg.Connection, rebuilt: RelationName) -> tuple[SeenIndex, ...]:
    """What an interrupted REINDEX CONCURRENTLY of an index left: invalid ones like it under its name and an ending.

    The ending is ``_ccnew`` or ``_ccold``, numbered when that is taken (``ReindexRelationConcurrently`` in
    PostgreSQL's indexcmds.c); the name is cut where the whole would be too long.
    """
    index = find_index(connection, rebuilt)
    if index is None:
        return ()
    return tuple(
        other
        for other in indexes_of(connection, index.table)
        if not other.is_valid
        and other.outline == index.outline
        and (ending := _ENDING.search(other.name.name)) is not None
        and rebuilt.name.startswith(other.name.name[: ending.start()])
    )


class _Row(NamedTuple):
    """The columns of the query, in their order."""

    name: str
    schema: str
    table: str
    table_schema: str
    is_partitioned: bool
    is_valid: bool
    is_unique: bool
    method: str
    columns: list[str | None]
    key_count: int
    options: list[int]
    has_predicate: bool
    is_plain: bool


def _seen(values: tuple[object, ...]) -> SeenIndex:
    row = _Row._make(values)
    keys = tuple(
        (column, bool(option & _DESCENDING), bool(option & _NULLS_FIRST))
        for column, option in zip(row.columns[: row.key_count], row.options, strict=True)
    )
    include = tuple(column or "" for column in row.columns[row.key_count :])
    return SeenIndex(
        RelationName(row.schema, row.name),
        RelationName(row.table_schema, row.table),
        row.is_partitioned,
        row.is_valid,
        Outline(row.method, row.is_unique, keys, include, row.has_predicate),
        row.is_plain,
    )
