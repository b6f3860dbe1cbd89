"""A copy of a suite's database whose columns' dependence on each other is known: extended statistics on given pairs.

Two tables can have the same statistics of every column and indexes of very different size on two of them, because
equal pairs are merged. What is left of an estimate's error when the number of pairs is known is the model's own.
"""

from collections.abc import Collection

import psycopg
from psycopg import sql

from benchmarks.data.servers import Server
from pgclinic.model.names import RelationName

Pair = tuple[RelationName, frozenset[str]]


def joint_database(server: Server, name: str, pairs: Collection[Pair]) -> str:
    """How to connect to the copy of database ``name``, made anew."""
    copy = f"{name}_joint"
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(copy)))
        connection.execute(sql.SQL("create database {} template {}").format(sql.Identifier(copy), sql.Identifier(name)))
    with psycopg.connect(server.conninfo(copy), autocommit=True) as connection:
        for number, (relation, columns) in enumerate(sorted(pairs, key=lambda pair: (str(pair[0]), sorted(pair[1])))):
            connection.execute(
                sql.SQL("create statistics {} (ndistinct) on {} from {}").format(
                    sql.Identifier(f"joint_{number}"),
                    sql.SQL(", ").join(map(sql.Identifier, sorted(columns))),
                    sql.Identifier(relation.schema, relation.name),
                )
            )
        connection.execute("analyze")
    return server.conninfo(copy)
