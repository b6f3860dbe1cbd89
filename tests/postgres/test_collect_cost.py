"""What a visit costs: round trips that do not grow with the number of tables, a look at an index's end and no more."""

import select
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import make_conninfo

from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Database

pytestmark = pytest.mark.server


class Line:
    """A line to a server that counts round trips: what the server says is held back until both have fallen silent.

    So a batch that leaves in several pieces, or is answered in several, is still one round trip.
    """

    def __init__(self, server: "Path", *, silence_seconds: float) -> None:
        self.round_trips = 0
        self._silence = silence_seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._server = server
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(str(self._server))
            self._pass(client, server)

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        client_spoke = False
        held = bytearray()
        while True:
            ready, _, _ = select.select([client, server], [], [], self._silence if held else None)
            if client in ready:
                data = client.recv(1 << 20)
                if not data:
                    return
                server.sendall(data)
                client_spoke = True
            if server in ready:
                held += server.recv(1 << 20)
            if not ready:
                self.round_trips += client_spoke
                client_spoke = False
                client.sendall(held)
                held.clear()

    def close(self) -> None:
        self._thread.join()
        self._listener.close()


def tables(database: "Database", count: int) -> None:
    with database.connect() as connection:
        for number in range(count):
            connection.execute(f"create table t{number} (id int primary key, a text, b int)")
            connection.execute(f"insert into t{number} values (1, 'x', 2), (2, 'y', 3)")
        connection.execute("analyze")


def test_a_hundred_tables_take_fewer_than_twenty_round_trips(database: "Database") -> None:
    tables(database, 100)
    line = Line(database.instance.socket_directory / ".s.PGSQL.5432", silence_seconds=0.1)
    conninfo = make_conninfo(database.conninfo, host="127.0.0.1", port=str(line.port), gssencmode="disable")
    with open_session(conninfo) as connection:
        snapshot = drive(collect(connection))
    line.close()

    assert len(snapshot.column_ends) == 100
    assert line.round_trips < 20


def pages_read(database: "Database") -> int:
    """What one visit reads, after a first one has filled the caches of the server, not of its session."""
    read = "select blks_hit + blks_read from pg_stat_database where datname = current_database()"
    with database.connect() as connection:
        connection.execute("select pg_stat_clear_snapshot()")
        before = connection.execute(read).fetchall()[0][0]
        with open_session(database.conninfo) as session:
            pid_of_visit = session.info.backend_pid
            drive(collect(session))
        while pid_of_visit in {pid for (pid,) in connection.execute("select pid from pg_stat_activity").fetchall()}:
            connection.execute("select pg_sleep(0.01)")
        after = connection.execute(read).fetchall()[0][0]
    return int(after - before)


def test_the_cost_grows_as_the_tables_do(database: "Database") -> None:
    """The full size, 20,000 tables and 50,000 statements, is measured by the benchmark ``visit_cost``."""
    tables(database, 100)
    pages_read(database)
    few = pages_read(database)
    with database.connect() as connection:
        for number in range(100, 400):
            connection.execute(f"create table t{number} (id int primary key, a text, b int)")
            connection.execute(f"insert into t{number} values (1, 'x', 2), (2, 'y', 3)")
        connection.execute("analyze")
    pages_read(database)
    many = pages_read(database)
    assert many < 5 * few


def test_of_many_tables_only_those_that_statements_name_bring_values(database: "Database") -> None:
    database.execute("create extension pg_stat_statements")
    database.execute(
        """
        do $$
        begin
            for n in 1..1003 loop
                execute format('create table t%s (id int primary key, a int)', n);
            end loop;
            for n in 1..12 loop
                execute format('insert into t%s select g, g from generate_series(1, 50) g', n);
                execute format('analyze t%s', n);
            end loop;
        end $$
        """
    )
    database.execute("create table parent (a int, b int) partition by range (a)")
    database.execute("create table part partition of parent for values from (0) to (100)")
    database.execute("insert into parent select g % 100, g from generate_series(1, 500) g; analyze parent")
    database.execute("create view through as select t2.a from t2")
    database.execute("create index on t3 ((a + 1)); analyze t3")
    database.execute("create function inside() returns bigint language sql as 'select count(*) from t4'")
    for statement in (
        "select count(*) from t1 where a = 1",
        "select count(*) from through where a = 1",
        'select count(*) from "t3" where a + 1 = 5',
        "select inside()",
        "select count(*) from parent where a = 5",
    ):
        database.execute(statement)
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))

    assert len(snapshot.relations) > 1000
    names = {relation.oid: relation.name for relation in snapshot.relations}
    names |= {index.oid: index.name for index in snapshot.indexes}
    analysed = {names[row.relation] for row in snapshot.column_statistics}
    assert {f"t{number}" for number in range(1, 13)} <= analysed
    valued = {names[row.relation] for row in snapshot.column_statistics if row.histogram_bounds or row.most_common_vals}
    assert valued - {"t3_expr_idx", "t3_pkey"} == {"t1", "t2", "t3", "t4", "parent", "part"}
    assert "t3_expr_idx" in valued
    assert {names[row.relation] for row in snapshot.column_ends} == {"t1", "t2", "t3", "t4"}


def test_the_ends_of_a_column_cost_the_same_whatever_the_size(database: "Database") -> None:
    database.execute("create table large (id int primary key, at timestamptz)")
    database.execute("insert into large select g, now() from generate_series(1, 300000) g")
    database.execute("create index on large (at)")
    database.execute("vacuum analyze large")
    with database.connect() as connection:
        read = """
            select pg_stat_get_blocks_fetched('large'::regclass), pg_stat_get_blocks_fetched('large_pkey'::regclass),
                   pg_stat_get_tuples_returned('large'::regclass)
        """
        connection.execute("select pg_stat_force_next_flush()")
        before = connection.execute(read).fetchall()[0]
        with open_session(database.conninfo) as session:
            snapshot = drive(collect(session))
        after = connection.execute(read).fetchall()[0]

    assert [(ends.column, ends.low, ends.high) for ends in snapshot.column_ends if ends.column == "id"] == [
        ("id", "1", "300000")
    ]
    assert after[0] - before[0] < 20
    assert after[1] - before[1] < 20
    assert after[2] == before[2]
