"""The data of CREATE STATISTICS, written into the twin's catalog in PostgreSQL's own binary form.

Formats: statext_ndistinct_serialize (mvdistinct.c), statext_dependencies_serialize (dependencies.c); the other
kinds are made by PostgreSQL itself (staging.py).
"""

import struct
from collections.abc import Callable, Iterator, Mapping

import msgspec
import psycopg

from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ExtendedStatistics
from pgclinic.twin.schema import Piece
from pgclinic.twin.staging import Scratch

_HEADER = struct.Struct("=III")
_NDISTINCT_MAGIC, _DEPENDENCIES_MAGIC, _TYPE = 0xA352BFA4, 0xB4549A2C, 1
_FEWEST_ATTRIBUTES, _MOST_ATTRIBUTES = 2, 8
"""STATS_MAX_DIMENSIONS."""

_figures = msgspec.json.Decoder(dict[str, float])

Connection = psycopg.Connection[tuple[object, ...]]


def load(
    superuser: Connection, run: Callable[[Piece], bool], snapshot: Snapshot, oids: Mapping[int, int]
) -> Iterator[str]:
    """Write what the snapshot has of each object that the twin has; yields what stays without data.

    ``run`` makes a piece as the builder.
    """
    wanted = [each for each in snapshot.extended_statistics if each.relation in oids]
    if wanted:
        for kind in ("pg_ndistinct", "pg_dependencies", "pg_mcv_list"):
            superuser.execute(f"create cast (bytea as pg_catalog.{kind}) without function")
    for each in wanted:
        numbers = _numbers(superuser, snapshot, each.relation, oids[each.relation])
        try:
            distinct = _ndistinct(each.n_distinct, numbers)
            dependencies = _dependencies(each.dependencies, numbers)
            common, expressions = None, None
            if each.most_common_vals is not None or each.expressions:
                with Scratch(superuser, run, snapshot.relation_by_oid[each.relation], each) as scratch:
                    common, expressions = scratch.common_values(), scratch.expressions()
                    _write(superuser, each, distinct, dependencies, common, expressions)
            else:
                _write(superuser, each, distinct, dependencies, None, None)
        except (ValueError, KeyError, struct.error, msgspec.DecodeError, psycopg.Error):
            yield f"data of statistics {each.name}"
            continue
        if distinct is None and dependencies is None and common is None and expressions is None:
            yield f"data of statistics {each.name}"


def _numbers(superuser: Connection, snapshot: Snapshot, relation: int, oid: int) -> dict[int, int]:
    """From the source's column numbers to the twin's, which have no gaps; expressions have numbers below zero."""
    rows = superuser.execute(
        "select attname, attnum::int4 from pg_catalog.pg_attribute"
        " where attrelid = %s and attnum > 0 and not attisdropped order by attnum",
        [oid],
    ).fetchall()
    twins = {str(name): int(str(number)) for name, number in rows}
    columns = snapshot.columns_of.get(relation, ())
    found = {column.number: twins[column.name] for column in columns if column.name in twins}
    return found | {number: number for number in range(-_MOST_ATTRIBUTES, 0)}


def _ndistinct(text: str | None, numbers: Mapping[int, int]) -> bytes | None:
    """``{"1, 2": 100}`` as a serialised MVNDistinct."""
    if text is None:
        return None
    items = []
    for columns, count in _figures.decode(text).items():
        attributes = _checked(sorted(numbers[int(column)] for column in columns.split(",")))
        items.append(struct.pack(f"=di{len(attributes)}h", count, len(attributes), *attributes))
    return _HEADER.pack(_NDISTINCT_MAGIC, _TYPE, len(items)) + b"".join(items)


def _dependencies(text: str | None, numbers: Mapping[int, int]) -> bytes | None:
    """``{"1 => 2": 0.9}`` as serialised MVDependencies: the determining columns, then the determined one."""
    if text is None:
        return None
    items = []
    for columns, degree in _figures.decode(text).items():
        attributes = _checked([numbers[int(column)] for column in columns.replace("=>", ",").split(",")])
        items.append(struct.pack(f"=dh{len(attributes)}h", degree, len(attributes), *attributes))
    return _HEADER.pack(_DEPENDENCIES_MAGIC, _TYPE, len(items)) + b"".join(items)


def _checked(attributes: list[int]) -> list[int]:
    """As many columns as an item has; the planner does not look. Raises ValueError otherwise."""
    if not _FEWEST_ATTRIBUTES <= len(set(attributes)) == len(attributes) <= _MOST_ATTRIBUTES:
        raise ValueError("not the columns of extended statistics")
    return attributes


def _write(
    superuser: Connection,
    statistics: ExtendedStatistics,
    distinct: bytes | None,
    dependencies: bytes | None,
    common: bytes | None,
    expressions: int | None,
) -> None:
    """Write what is known. Since 15 a row comes with ANALYZE, before with the object.

    ``expressions`` is the oid of a relation whose rows of pg_statistic are those of the expressions.
    """
    values = {"distinct": distinct, "dependencies": dependencies, "common": common}
    data = {
        "stxdndistinct": "%(distinct)s::bytea::pg_catalog.pg_ndistinct",
        "stxddependencies": "%(dependencies)s::bytea::pg_catalog.pg_dependencies",
        "stxdmcv": "%(common)s::bytea::pg_catalog.pg_mcv_list",
    }
    if expressions is not None:
        data["stxdexpr"] = (
            "(select pg_catalog.array_agg(p order by p.staattnum) from pg_catalog.pg_statistic as p"
            " where p.starelid = %(expressions)s)"
        )
    parameters = {
        **values,
        "expressions": expressions,
        "schema": statistics.schema,
        "name": statistics.name,
        "inherited": statistics.inherited,
    }
    found = (
        "from pg_catalog.pg_statistic_ext as s join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace"
        " where n.nspname = %(schema)s and s.stxname = %(name)s"
    )
    changes = ", ".join(f"{column} = {value}" for column, value in data.items())
    updated = superuser.execute(
        f"update pg_catalog.pg_statistic_ext_data set {changes} where stxoid in (select s.oid {found})"
        + (" and stxdinherit = %(inherited)s" if _has_inherited(superuser) else ""),
        parameters,
    ).rowcount
    if not updated:
        superuser.execute(
            f"insert into pg_catalog.pg_statistic_ext_data (stxoid, stxdinherit, {', '.join(data)})"
            f" select s.oid, %(inherited)s, {', '.join(data.values())} {found}",
            parameters,
        )


def _has_inherited(superuser: Connection) -> bool:
    rows = superuser.execute(
        "select from pg_catalog.pg_attribute where attname = 'stxdinherit'"
        " and attrelid = 'pg_catalog.pg_statistic_ext_data'::pg_catalog.regclass"
    )
    return rows.rowcount > 0
