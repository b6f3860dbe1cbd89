"""The databases ``tpch`` and ``tpcds`` at scale factor 1 on a server, loaded on the first request and kept."""

import psycopg
from psycopg import sql

from benchmarks.data.servers import Server
from benchmarks.data.suites import Suite, exported, load

SCALE = 1


def database(server: Server, suite: Suite, scale: float = SCALE) -> str:
    """How to connect to the suite's database, which is made when the server has none of this scale."""
    name = suite.name if scale == SCALE else f"{suite.name}_{scale:g}".replace(".", "_")
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        if connection.execute("select from pg_catalog.pg_database where datname = %s", [name]).fetchone() is None:
            draft = f"{name}_draft"
            connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(draft)))
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(draft)))
            with (
                exported(suite, scale) as files,
                psycopg.connect(server.conninfo(draft), autocommit=True) as target,
            ):
                load(target, suite, files)
            connection.execute(
                sql.SQL("alter database {} rename to {}").format(sql.Identifier(draft), sql.Identifier(name))
            )
    return server.conninfo(name)
