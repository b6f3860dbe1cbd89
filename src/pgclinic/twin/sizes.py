"""How large the planner takes the twin's tables and indexes to be: lengths of files, and pg_class."""

from collections.abc import Sequence
from pathlib import Path

import psycopg

from pgclinic.model.catalog import Index, Relation
from pgclinic.sizes.types import PAGE
from pgclinic.twin import files
from pgclinic.twin.btree import write_chain

_INT4 = 2**31 - 1
_FLOAT4 = 1e30

Connection = psycopg.Connection[tuple[object, ...]]


def whole(number: float) -> int:
    """A page count of a snapshot as pg_class can hold it."""
    return int(max(0, min(number, _INT4)))


def real(number: float) -> float:
    """A tuple count of a snapshot as pg_class can hold it; -1 means that it is unknown."""
    return float(max(-1.0, min(number, _FLOAT4))) if number == number else -1.0  # noqa: PLR0124 - not a number


def set_planner_views(superuser: Connection, known: Sequence[tuple[Relation | Index, int]]) -> None:
    """What the planner last knew of tables and indexes, each with its oid on the twin.

    Making an index on an empty table overwrites it.
    """
    superuser.execute(
        "update pg_catalog.pg_class as c set relpages = k.pages, reltuples = k.tuples, relallvisible = k.visible"
        " from rows from (pg_catalog.unnest(%s::pg_catalog.oid[]), pg_catalog.unnest(%s::int4[]),"
        " pg_catalog.unnest(%s::float4[]), pg_catalog.unnest(%s::int4[])) as k (oid, pages, tuples, visible)"
        " where c.oid = k.oid",
        [
            [oid for _, oid in known],
            [whole(each.pages) for each, _ in known],
            [real(each.tuples) for each, _ in known],
            [whole(each.all_visible_pages) if isinstance(each, Relation) else 0 for each, _ in known],
        ],
    )


def write_index(path: Path, pages: int, level: int | None) -> None:
    """Shape an index file just made; ``level`` is for B-trees only."""
    if level is not None:
        with path.open("r+b") as file:
            write_chain(file, level)
        pages = max(pages, level + 2)
    files.resize(path, max(pages, path.stat().st_size // PAGE))
