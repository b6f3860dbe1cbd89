"""Making the twin's database: extensions, schema, statistics, sizes, owners.

Whatever comes from the snapshot as SQL runs through a connection logged in as an ordinary role, which cannot become
a superuser. The superuser touches catalogs and files, and runs no text of the snapshot except quoted names.
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import psycopg

from pgclinic.instance import Instance
from pgclinic.model.snapshot import Snapshot
from pgclinic.sizes import heap_pages
from pgclinic.sql import quote
from pgclinic.twin import cluster, extended_statistics, files, schema, statistics
from pgclinic.twin.building import Builder, connected, create_extensions, lay_foundations
from pgclinic.twin.cluster import BUILDER, Accounts
from pgclinic.twin.guard import Guard
from pgclinic.twin.shaping import shape_users_index
from pgclinic.twin.sizes import set_planner_views

Connection = psycopg.Connection[tuple[object, ...]]


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """A database of the twin: how its relations and indexes correspond to the snapshot's, and what is missing.

    ``oids`` and ``paths`` (the first segment of each file) are by the snapshot's oid.
    """

    name: str
    data_directory: Path
    oids: Mapping[int, int]
    paths: Mapping[int, Path]
    omissions: tuple[str, ...]


def rebuild(
    instance: Instance, snapshot: Snapshot, relations: frozenset[int], guard: Guard, accounts: Accounts, name: str
) -> Rebuilt:
    """Make the database ``name`` on ``instance`` with these relations of the snapshot, by oid."""
    omissions = list(accounts.omissions)
    with psycopg.connect(instance.conninfo(), autocommit=True) as superuser:
        cluster.create_database(superuser, snapshot, name, omissions)
    with connected(instance, name) as superuser:
        create_extensions(superuser, snapshot, omissions)
        conninfo = instance.conninfo(name, BUILDER, accounts.password)
        with Builder(conninfo, guard) as builder:
            laid = lay_foundations(superuser, builder, snapshot, relations, omissions)
            builder.make([*laid.later, *schema.pieces(snapshot, relations, laid.known)])
            omissions += builder.omissions
            oids = _correspondence(superuser, snapshot, relations)
            without = statistics.load(superuser, snapshot, oids)
            omissions += [f"statistics of column {column}" for column in without]
            omissions += extended_statistics.load(superuser, builder.run, snapshot, oids)
        give_to_owners(superuser, snapshot, relations, accounts.roles)
        paths = _paths(superuser, instance.data_directory, oids)
        _give_sizes(superuser, snapshot, oids, paths)
    return Rebuilt(
        name=name, data_directory=instance.data_directory, oids=oids, paths=paths, omissions=tuple(omissions)
    )


def _give_sizes(superuser: Connection, snapshot: Snapshot, oids: Mapping[int, int], paths: Mapping[int, Path]) -> None:
    """Tables and indexes of the user's as long as they are, and as the planner last knew them."""
    tables = [each for each in snapshot.relations if each.oid in oids]
    indexes = [each for each in snapshot.indexes if each.oid in oids]
    for table in tables:
        if table.oid in paths:
            files.resize(paths[table.oid], heap_pages(table))
    for index in indexes:
        if index.oid in paths:
            file = shape_users_index(snapshot, index, paths[index.oid], oids[index.oid])
            if file:
                superuser.execute(
                    "update pg_catalog.pg_class set relfilenode = %s where oid = %s", [file, oids[index.oid]]
                )
    set_planner_views(superuser, [(table, oids[table.oid]) for table in tables])
    set_planner_views(superuser, [(index, oids[index.oid]) for index in indexes])


def _paths(superuser: Connection, data_directory: Path, oids: Mapping[int, int]) -> dict[int, Path]:
    """The file of each relation that has one (a partitioned table or index has none)."""
    rows = superuser.execute(
        "select c.oid::int8, pg_catalog.pg_relation_filepath(c.oid) from pg_catalog.pg_class as c"
        " where c.oid = any(%s) order by 1",
        [list(oids.values())],
    ).fetchall()
    paths = {oid: data_directory / str(path) for oid, path in rows if path is not None}
    return {oid: paths[twin] for oid, twin in oids.items() if twin in paths}


def give_to_owners(superuser: Connection, snapshot: Snapshot, relations: frozenset[int], roles: frozenset[str]) -> None:
    """Row security is not for owners, and a view sees with the eyes of its own."""
    for relation in snapshot.relations:
        if relation.oid in relations and relation.owner in roles:
            kind = "view" if relation.kind == "v" else "table"
            # What could not be made is named already.
            with contextlib.suppress(psycopg.Error, ValueError):
                superuser.execute(
                    f"alter {kind} {quote.relation(relation.relation_name)} owner to {quote.identifier(relation.owner)}"
                )


def _correspondence(superuser: Connection, snapshot: Snapshot, relations: frozenset[int]) -> dict[int, int]:
    """From the snapshot's oids of relations and indexes to the twin's."""
    rows = superuser.execute(
        "select n.nspname, c.relname, c.oid::int8 from pg_catalog.pg_class as c"
        " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        " where c.relowner = %s::regrole order by 1, 2",
        [BUILDER],
    ).fetchall()
    twins = {(schema_name, name): oid for schema_name, name, oid in rows}
    named: list[tuple[int, str, str]] = [
        *(
            (each.oid, each.schema, each.name)
            for each in snapshot.relations
            if each.oid in relations and each.kind != "v"
        ),
        *((each.oid, each.schema, each.name) for each in snapshot.indexes if each.relation in relations),
    ]
    found = {oid: twins.get((schema_name, name)) for oid, schema_name, name in named}
    return {oid: int(str(twin)) for oid, twin in found.items() if twin is not None}
