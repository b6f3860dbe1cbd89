"""Opening sessions: what is set on them, and what is said when there is none to be had."""

import socket
import struct
import threading
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgclinic.model.errors import UserError
from pgclinic.postgres.connect import is_pooled, open_session, parameters_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Database

SECRET = "hunter2"


@pytest.mark.server
def test_a_session_is_polite_and_recognisable(database_on_every: "Database") -> None:
    with open_session(database_on_every.conninfo) as connection:
        shown = {
            name: connection.execute(f"show {name}").fetchall()[0][0]
            for name in ("application_name", "statement_timeout", "lock_timeout", "TimeZone", "DateStyle")
        }
        assert shown == {
            "application_name": "pgclinic",
            "statement_timeout": "5s",
            "lock_timeout": "50ms",
            "TimeZone": "UTC",
            "DateStyle": "ISO, YMD",
        }
        assert not is_pooled(connection)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("create table t (a int)")


@pytest.mark.server
def test_a_writing_session_may_write(database: "Database") -> None:
    with open_session(database.conninfo, read_only=False, statement_timeout_ms=0) as connection:
        connection.execute("create table t (a int)")


@pytest.mark.server
def test_the_users_own_options_stay(database: "Database") -> None:
    with open_session(make_conninfo(database.conninfo, options="-c work_mem=7MB")) as connection:
        assert connection.execute("show work_mem").fetchall() == [("7MB",)]


@pytest.mark.server
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": SECRET}, "password authentication failed"),
        ({"dbname": "no_such_database"}, 'database "no_such_database" does not exist; check the name'),
        ({"user": "no_such_role", "password": SECRET}, "check the role and its password"),
        ({"host": "/no/such/directory"}, "check the socket directory"),
        ({"host": "localhost", "port": "1"}, "check the host and port"),
        ({"host": "no.such.host.invalid"}, "check the host"),
    ],
)
def test_no_connection_is_one_sentence(database: "Database", change: dict[str, str], words: str) -> None:
    with pytest.raises(UserError) as caught:
        open_session(make_conninfo(database.conninfo, **change))
    sentence = str(caught.value)
    assert words in sentence
    assert "\n" not in sentence
    assert sentence.startswith("Cannot connect to ")
    assert SECRET not in sentence
    assert database.instance.password not in sentence


@pytest.mark.parametrize(
    "conninfo",
    [
        f"postgresql://app:{SECRET}%zz@db/shop",
        f"postgresql://app:12/{SECRET}@db/shop",
        f"postgresql://app:x@y/{SECRET}@db/shop?sslmode=prefer",
        f"postgresql://app:{SECRET}@ss@db/shop",
        f"postgresql://app:{SECRET}/word@db/shop",
        f"postgresql://app:{SECRET}@db:port/shop",
        f"postgresql://app:{SECRET}@db/shop?no_such_parameter=1",
        f"host=db password={SECRET} 'x",
        f"password '{SECRET}'",
        f"hunter2:{SECRET}",
        f"postgresql://app:{SECRET}@[::1/shop",
    ],
)
def test_a_malformed_target_is_never_repeated(conninfo: str) -> None:
    with pytest.raises(UserError) as caught:
        parameters_of(conninfo)
    assert "hunter" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.fixture
def old_server() -> "Iterator[int]":
    """Speaks just enough of the protocol to let a client in, as PostgreSQL 9.2; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            while int.from_bytes(client.recv(8)[4:8]) in {80877103, 80877104}:
                client.sendall(b"N")
            client.recv(4096)

            def message(kind: bytes, body: bytes) -> bytes:
                return kind + struct.pack("!i", len(body) + 4) + body

            client.sendall(
                message(b"R", struct.pack("!i", 0))
                + message(b"S", b"server_version\x009.2.24\x00")
                + message(b"S", b"client_encoding\x00UTF8\x00")
                + message(b"Z", b"I")
            )
            client.recv(4096)

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    thread.join()
    listener.close()


def test_a_server_of_twelve_years_ago_is_refused(old_server: int) -> None:
    with pytest.raises(UserError, match=r"is PostgreSQL 9\.2\.24, and pgclinic needs 13 or newer"):
        open_session(f"host=127.0.0.1 port={old_server} user=app dbname=shop gssencmode=disable")


def test_a_host_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pgclinic.postgres.connect.CONNECT_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(UserError, match="timeout"):
            open_session(f"host=127.0.0.1 port={port} user=app dbname=shop")
