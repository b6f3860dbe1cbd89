"""The judge: indexes really built, their real sizes, and what the server's own planner says then.

Everything is built in one transaction that is rolled back, so others see the database as it was.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping

import msgspec
import psycopg

from benchmarks.data.planned import server_cost
from pgclinic.model.catalog import IndexDefinition
from pgclinic.sql import quote

_COUNTS = "select oid, relpages, reltuples, relallvisible from pg_catalog.pg_class where relkind = 'r' and oid >= 16384"


class Built(msgspec.Struct, frozen=True):
    """Indexes that exist until the transaction ends; only those shown count for the planner."""

    connection: psycopg.Connection
    oids: Mapping[IndexDefinition, int]

    def bytes(self, definition: IndexDefinition) -> int:
        """What the file really takes."""
        row = self.connection.execute("select pg_catalog.pg_relation_size(%s)", [self.oids[definition]]).fetchone()
        assert row is not None
        return int(row[0])

    def show(self, definitions: Iterable[IndexDefinition]) -> None:
        """Let the planner see these and no other of the built ones."""
        shown = [self.oids[definition] for definition in definitions]
        self.connection.execute(
            "update pg_catalog.pg_index set indisvalid = (indexrelid = any(%s)) where indexrelid = any(%s)",
            [shown, list(self.oids.values())],
        )

    def costs(self, definitions: Iterable[IndexDefinition], queries: Mapping[int, str]) -> dict[int, float]:
        """Every query's planner cost with these indexes."""
        self.show(definitions)
        return {number: server_cost(self.connection, query) for number, query in queries.items()}


@contextlib.contextmanager
def built(conninfo: str, definitions: Iterable[IndexDefinition]) -> Iterator[Built]:
    """Build the indexes, and analyse the tables where one is on an expression, which has statistics only then."""
    wanted = tuple(dict.fromkeys(definitions))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        counts = connection.execute(_COUNTS).fetchall()
        try:
            with connection.transaction(force_rollback=True):
                connection.execute("set local maintenance_work_mem = '512MB'")
                oids = {each: _build(connection, each, f"judged_{number}") for number, each in enumerate(wanted)}
                analysed = {each.relation for each in wanted if not all(key.is_column for key in each.keys)}
                for relation in sorted(analysed, key=str):
                    connection.execute(f"analyze {quote.relation(relation)}".encode())
                _restore(connection, counts)
                yield Built(connection, oids)
        finally:
            _restore(connection, counts)


def _build(connection: psycopg.Connection, definition: IndexDefinition, name: str) -> int:
    connection.execute(quote.create_index(definition, name).encode())
    row = connection.execute("select %s::pg_catalog.regclass::oid", [name]).fetchone()
    assert row is not None
    return int(row[0])


def _restore(connection: psycopg.Connection, counts: list[tuple[int, int, float, int]]) -> None:
    """CREATE INDEX and ANALYZE count rows anew and write that in place, whatever becomes of the transaction."""
    for row in counts:
        connection.execute(
            "update pg_catalog.pg_class as c set relpages = n.relpages, reltuples = n.reltuples,"
            " relallvisible = n.relallvisible from (values (%s::oid, %s::integer, %s::real, %s::integer))"
            " as n (oid, relpages, reltuples, relallvisible) where c.oid = n.oid and"
            " (c.relpages, c.reltuples, c.relallvisible) is distinct from (n.relpages, n.reltuples, n.relallvisible)",
            row,
        )
