"""Statistics whose binary form only PostgreSQL can write: combinations of common values, and expressions.

A scratch table gets the object's columns and expressions as plain columns, and each combination as one row; ANALYZE
makes the list of it, into which the true frequencies are put. All that parses values runs as the builder.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import psycopg

from pgclinic.model.catalog import Relation
from pgclinic.model.statistics import ColumnStatistics, ExtendedStatistics
from pgclinic.sql import clock, quote
from pgclinic.twin import statistics
from pgclinic.twin.schema import Piece

_SCRATCH = f"{clock.SCHEMA}.scratch"
_TABLE = f"select '{_SCRATCH}'::pg_catalog.regclass::int8"
_FREQUENCIES = struct.Struct("=dd")
_MOST_COMBINATIONS = 10_000
"""The largest statistics target."""

Connection = psycopg.Connection[tuple[object, ...]]
Combination = tuple[str | None, ...]


class Scratch:
    """The scratch table of one object. Use as a context manager; ``run`` makes a piece as the builder.

    Raises ValueError when the object's columns cannot be had, psycopg.Error as it comes.
    """

    def __init__(
        self, superuser: Connection, run: Callable[[Piece], bool], relation: Relation, found: ExtendedStatistics
    ) -> None:
        self._superuser = superuser
        self._run = run
        self._relation = relation
        self._statistics = found

    def __enter__(self) -> Self:
        self._columns = self._fragments("columns")
        self._expressions = self._fragments("expressions")
        parts = [*self._columns, *(f"({expression}\n)" for expression in self._expressions)]
        self._names = [f"c{number}" for number, _ in enumerate(parts)]
        self._make(
            f"create table {_SCRATCH} ({', '.join(self._names)}) as select {', '.join(parts)}"
            f" from only {quote.relation(self._relation.relation_name)} with no data"
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._superuser.execute(f"drop table if exists {_SCRATCH}")

    def common_values(self) -> bytes | None:
        """The list of common combinations as pg_statistic_ext_data holds it (statext_mcv_serialize in mcv.c)."""
        found = self._statistics
        if found.most_common_vals is None or not found.most_common_freqs or not found.most_common_base_freqs:
            return None
        if len(found.most_common_freqs) > _MOST_COMBINATIONS:
            raise ValueError("more combinations than ANALYZE keeps")
        self._stage(found.most_common_vals)
        frequencies = list(zip(found.most_common_freqs, found.most_common_base_freqs, strict=True))
        true = dict(zip(self._combinations(found.most_common_vals), frequencies, strict=True))
        staged, items = self._staged()
        # At the end of the list each item has its nulls, its two frequencies and an index into each column's values.
        width = len(self._names)
        size = 3 * width + _FREQUENCIES.size
        start = len(staged) - size * len(items)
        if len(items) != len(true) or start < 0:
            raise ValueError("not the combinations that were staged")
        patched = bytearray(staged)
        for position, item in enumerate(items):
            if item not in true:
                raise ValueError("a combination came back as another")
            _FREQUENCIES.pack_into(patched, start + position * size + width, *true[item])
        return bytes(patched)

    def expressions(self) -> int | None:
        """The oid under which pg_statistic has a row for each expression, in order; None when one is unknown."""
        known: Mapping[str, ColumnStatistics] = {each.column: each for each in self._statistics.expressions}
        if not self._expressions or not all(each in known for each in self._expressions):
            return None
        ((oid,),) = self._superuser.execute(_TABLE).fetchall()
        oid = int(str(oid))
        self._superuser.execute("delete from pg_catalog.pg_statistic where starelid = %s", [oid])
        positions = {len(self._columns) + number: known[each] for number, each in enumerate(self._expressions, start=1)}
        if statistics.load_positions(self._superuser, [(oid, positions)]):
            raise ValueError("statistics of an expression that were refused")
        return oid

    def _fragments(self, kind: str) -> Sequence[str]:
        query = _COLUMNS
        if kind == "expressions":
            ((has_them,),) = self._superuser.execute(_HAS_EXPRESSIONS).fetchall()
            if not has_them:
                return []
            query = _EXPRESSIONS
        rows = self._superuser.execute(query, [self._statistics.schema, self._statistics.name]).fetchall()
        return [str(text) for (text,) in rows]

    def _stage(self, values: str) -> None:
        types = self._superuser.execute(
            "select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute"
            f" where attrelid = ({_TABLE}) and attnum > 0 order by attnum"
        ).fetchall()
        cast = ", ".join(f"v[i][{number}]::{type_}" for number, (type_,) in enumerate(types, start=1))
        names = ", ".join(self._names)
        self._make(
            f"create statistics {clock.SCHEMA}.scratch_mcv (mcv) on {names} from {_SCRATCH}",
            f"alter statistics {clock.SCHEMA}.scratch_mcv set statistics {_MOST_COMBINATIONS}",
            f"insert into {_SCRATCH} select {cast}"
            f" from (select {quote.literal(values)}::pg_catalog.text[] as v) as given,"
            " pg_catalog.generate_subscripts(v, 1) as i",
            f"analyze {_SCRATCH}",
        )

    def _combinations(self, values: str) -> list[Combination]:
        rows = self._superuser.execute(
            "select array(select v[i][j] from pg_catalog.generate_subscripts(v, 2) as j order by j)"
            " from (select %s::pg_catalog.text[] as v) as given, pg_catalog.generate_subscripts(v, 1) as i order by i",
            [values],
        ).fetchall()
        return [_combination(row) for (row,) in rows]

    def _staged(self) -> tuple[bytes, list[Combination]]:
        rows = self._superuser.execute(_STAGED, [clock.SCHEMA]).fetchall()
        if not rows:
            raise ValueError("no list was made")
        return bytes(rows[0][0] if isinstance(rows[0][0], bytes) else b""), [_combination(values) for _, values in rows]

    def _make(self, *statements: str) -> None:
        if not self._run(Piece(f"data of statistics {self._statistics.name}", statements)):
            raise ValueError("the scratch table was refused")


_OBJECT = (
    "pg_catalog.pg_statistic_ext as s join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace"
    " and n.nspname = %s and s.stxname = %s"
)
_COLUMNS = (
    f"select pg_catalog.quote_ident(a.attname) from {_OBJECT}"
    " cross join lateral pg_catalog.unnest(s.stxkeys::int2[]) with ordinality as k (number, position)"
    " join pg_catalog.pg_attribute as a on a.attrelid = s.stxrelid and a.attnum = k.number order by k.position"
)
_EXPRESSIONS = (
    f"select e.expression from {_OBJECT}"
    " cross join lateral pg_catalog.unnest(pg_catalog.pg_get_statisticsobjdef_expressions(s.oid))"
    " with ordinality as e (expression, position) order by e.position"
)
_HAS_EXPRESSIONS = (
    "select pg_catalog.to_regprocedure('pg_catalog.pg_get_statisticsobjdef_expressions(oid)') is not null"
)
_STAGED = (
    "select d.stxdmcv::pg_catalog.bytea, i.values"
    " from pg_catalog.pg_statistic_ext as s join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace"
    " join pg_catalog.pg_statistic_ext_data as d on d.stxoid = s.oid"
    " cross join lateral pg_catalog.pg_mcv_list_items(d.stxdmcv) as i"
    " where n.nspname = %s and s.stxname = 'scratch_mcv' order by i.index"
)


def _combination(values: object) -> Combination:
    if not isinstance(values, list):
        raise ValueError("no array of texts")  # noqa: TRY004 - it is a wrong value, not a wrong call
    return tuple(None if value is None else str(value) for value in values)
