"""Real running parts for tests: primary and replica, PgBouncer, Redis; `pgclinic.stack` tells what each can do.

As fixtures (tests/conftest.py), shared by a session's tests: `pair` (a database of its own on a primary with a
replica), `pooled` (that database through PgBouncer in transaction mode), `redis_store`. A test that kills or delays
them starts its own with `running_pair`, `start_pooler`, `start_redis`.
"""

import contextlib
import itertools
import os
from collections.abc import Iterator

import psycopg
from psycopg import sql

from pgclinic.instance import Binaries, Instance
from pgclinic.stack import Pooler, Replica, start_primary, start_replica

PAIR_SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "shared_buffers": "32MB",
    "jit": "off",
    "autovacuum": "off",
    "max_connections": "100",
}
_numbers = itertools.count(1)


class Pair:
    """A database on a primary and on its replica, seen as the superuser."""

    def __init__(self, primary: Instance, replica: Replica, name: str) -> None:
        self.primary = primary
        self.replica = replica
        self.name = name
        self.conninfo = primary.conninfo(name)
        self.replica_conninfo = replica.conninfo(name)

    def execute(self, statement: str) -> None:
        """On the primary, and on the replica as well by the time it returns."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute(statement.encode())
        self.replica.wait_for()

    def through(self, pooler: Pooler) -> str:
        return pooler.conninfo(self.name)


@contextlib.contextmanager
def running_pair(binaries: Binaries, **settings: str) -> Iterator[Pair]:
    """A pair of its own, for tests that kill, pause or delay."""
    with (
        start_primary(binaries, {**PAIR_SETTINGS, **settings}) as primary,
        start_replica(primary) as replica,
        database_of(primary, replica) as pair,
    ):
        yield pair


@contextlib.contextmanager
def database_of(primary: Instance, replica: Replica) -> Iterator[Pair]:
    """A new database on both. It goes with its servers: the test may have left them in any state."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(primary.conninfo(), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    replica.wait_for()
    yield Pair(primary, replica, name)
