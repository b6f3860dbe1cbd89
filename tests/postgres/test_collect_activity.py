"""What is going on in the whole server: sessions, slots, replicas, and what its own processes count."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from tests.conftest import Database

pytestmark = pytest.mark.server

PROBES = {
    "archiver",
    "checkpoints",
    "connections",
    "multixacts",
    "prepared_transactions",
    "replicas",
    "replication_slots",
    "sessions",
    "standby",
    "subscriptions",
    "table_multixacts",
    "toast_tables",
    "wal_counters",
}


def seen(conninfo: str) -> Snapshot:
    with open_session(conninfo) as connection:
        return drive(collect(connection))


@contextmanager
def slot_of(database: "Database", name: str) -> Iterator[None]:
    database.execute("select pg_create_physical_replication_slot(%s, true)", [name])
    try:
        yield
    finally:
        database.execute("select pg_drop_replication_slot(%s)", [name])


def test_every_version_is_asked_without_a_failure(database_on_every: "Database") -> None:
    database = database_on_every
    database.execute("create table t (a int primary key, b text); insert into t select 1, 'x'")
    with slot_of(database, f"slot_{database.name}"):
        snapshot = seen(database.conninfo)

    assert {spot.subject for spot in snapshot.blind_spots} & PROBES == set()
    assert set(snapshot.header.probes) >= PROBES
    assert [slot.kind for slot in snapshot.replication_slots if slot.name == f"slot_{database.name}"] == ["physical"]
    assert snapshot.checkpoints is not None
    assert snapshot.archiver is not None
    assert snapshot.connection_counts is not None
    assert (snapshot.connection_counts.begun is not None) == (database.major >= 14)
    assert (snapshot.wal_counters is not None) == (database.major >= 14)
    assert snapshot.standby is None
    assert snapshot.database_counters is not None
    assert snapshot.database_counters.multixact_age is not None
    assert [relation.multixact_age is not None for relation in snapshot.relations] == [True]
    assert len(snapshot.toast_tables) == 1


def test_who_waits_for_whom(database_on_each: "Database") -> None:
    database = database_on_each
    database.execute("create table t (a int)")
    with database.connect(application_name="holder") as holder, database.connect(application_name="waiter") as waiter:
        holder.execute("begin; lock table t")
        waiter.pgconn.send_query(b"update t set a = 1")
        for _ in range(200):
            snapshot = seen(database.conninfo)
            waiting = [session for session in snapshot.sessions if session.blocked_by]
            if waiting:
                break
        holder.execute("rollback")
        while waiter.pgconn.get_result():
            pass

    own = {session.application: session for session in snapshot.sessions if session.database == database.name}
    assert set(own) == {"holder", "waiter"}
    assert own["holder"].state == "idle in transaction"
    assert own["holder"].transaction_at is not None
    assert own["waiter"].blocked_by == (own["holder"].pid,)
    assert own["waiter"].waits_for == snapshot.relations[0].oid
    assert snapshot.connection_counts is not None
    assert snapshot.connection_counts.clients >= 2


def test_a_role_that_may_only_connect_sees_that_it_does_not_see(database_on_each: "Database", role_name: str) -> None:
    database = database_on_each
    database.execute(f"create role {role_name} login password 'x'")
    with database.connect(application_name="other") as other:
        other.execute("begin")
        snapshot = seen(database.conninfo_as(role_name, "x"))

    spots = {spot.subject: spot for spot in snapshot.blind_spots if spot.subject in PROBES}
    assert set(spots) == {"sessions"}
    assert spots["sessions"].grant == f"grant pg_monitor to {role_name}"
    assert not snapshot.sees("sessions")
    assert snapshot.connection_counts is not None
    assert snapshot.connection_counts.clients >= 1
    assert snapshot.connection_counts.idle is None


def test_a_prepared_transaction_is_seen(database: "Database") -> None:
    with database.connect() as connection:
        connection.execute("begin")
        connection.execute("create table t (a int)")
        connection.execute(f"prepare transaction '{database.name}'")
    try:
        found = [one for one in seen(database.conninfo).prepared_transactions if one.name == database.name]
    finally:
        database.execute(f"rollback prepared '{database.name}'")
    assert [one.database for one in found] == [database.name]


def test_no_statement_text_of_a_session_comes_along(database: "Database") -> None:
    with database.connect(application_name="talker") as talker:
        talker.execute("select 'canary4711'")
        snapshot = seen(database.conninfo)
    assert "talker" in str(snapshot.sessions)
    assert "canary4711" not in str(snapshot.sessions)
