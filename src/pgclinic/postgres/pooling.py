"""Whether a connection pooler that shares server sessions stands between us and the server."""

import psycopg

from pgclinic.model.errors import UserError

_ORDER = (0, 0, 1, 0, 1, 1)
"""Which of two connections asks: a pooler that hands sessions out by turns, or latest first, shows itself."""


def demand_direct_connection(first: psycopg.Connection, second: psycopg.Connection) -> None:
    """Raise UserError when two idle connections are not two server sessions of their own.

    Where transactions are pooled, the server process changes between two statements of one connection, or both
    connections are served by the same.
    """
    connections = (first, second)
    seen: tuple[set[int], set[int]] = (set(), set())
    for index in _ORDER:
        seen[index].add(_server_pid(connections[index]))
        if len(seen[index]) > 1 or seen[0] & seen[1]:
            raise UserError(
                "The connection goes through a pooler that shares server sessions between transactions (such as "
                "PgBouncer with pool_mode=transaction); treat and undo need a direct connection to the server."
            )


def _server_pid(connection: psycopg.Connection) -> int:
    row = connection.execute("select pg_catalog.pg_backend_pid()").fetchone()
    assert row is not None
    pid: int = row[0]
    return pid
