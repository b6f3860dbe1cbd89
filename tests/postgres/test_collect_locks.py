"""Somebody holds ACCESS EXCLUSIVE: the visit neither waits nor fails, and names what it could not look into."""

import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from msgspec.structs import replace

from pgclinic.postgres.capabilities import LockedRelation, ask_capabilities
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.probes.capabilities import Capabilities
from pgclinic.report.checkup_words import reason_of
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from tests.conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
create extension pg_stat_statements;
create table free (a int primary key, b text default 'x' || 'y');
create table held (a int primary key, b text default 'x' || 'y', g int generated always as (1 + 1) stored,
                   check (a > 5), exclude using btree (b with =) where (a > 7));
create index held_lower on held (lower(b)) where a > 3;
create statistics held_both on a, b from held;
create view held_view as select * from held;
create view view_of_view as select * from held_view;
create materialized view held_summary as select count(*) from held;
create table held_parent (a int, b text) partition by range ((a + 1));
create table held_part partition of held_parent for values from (1) to (100);
create table child (a int references held, id serial);
alter table held enable row level security;
create policy held_policy on held using (a > 4);
create function touched() returns trigger language plpgsql as 'begin return new; end';
create trigger held_trigger before update on held for each row when (new.a > 5) execute function touched();
"""


def test_a_locked_table_is_skipped_and_named(database_on_every: "Database") -> None:
    database_on_every.execute(SCHEMA)
    if database_on_every.major >= 14:
        database_on_every.execute(
            "create function reads_held() returns bigint language sql begin atomic select count(*) from held; end"
        )
    with database_on_every.connect() as holder, open_session(database_on_every.conninfo) as connection:
        holder.execute("begin")
        holder.execute("lock held, held_parent, held_part in access exclusive mode")
        holder.execute("select setval('child_id_seq', 7)")
        began = time.monotonic()
        snapshot = drive(collect(connection))
        seconds = time.monotonic() - began
        holder.execute("rollback")

    [spot] = snapshot.blind_spots
    assert spot.subject == "relation_sizes"
    assert spot.object.endswith(" and 4 more")
    assert "held" in reason_of(spot)
    assert seconds < 5
    relations = {relation.name: relation for relation in snapshot.relations}
    assert relations["held"].heap_bytes is None
    assert relations["free"].heap_bytes == 0
    assert relations["free"].total_bytes is not None
    assert relations["view_of_view"].definition
    assert relations["held_view"].definition is None
    indexes = {index.name: index for index in snapshot.indexes}
    assert indexes["held_lower"].definition.keys[0].expression == ""
    assert indexes["held_pkey"].definition.keys[0].expression == "a"
    constraints = {constraint.name: constraint for constraint in snapshot.constraints}
    assert constraints["child_a_fkey"].sql.startswith("FOREIGN KEY")
    assert constraints["held_a_check"].sql == ""


def test_a_lock_on_an_index_alone_hides_sizes_only_there(database: "Database") -> None:
    database.execute(SCHEMA)
    with database.connect() as holder, open_session(database.conninfo) as connection:
        holder.execute("begin")
        holder.execute("reindex index free_pkey")
        snapshot = drive(collect(connection))
        holder.execute("rollback")

    assert [spot.object for spot in snapshot.blind_spots] == ["free"]


def test_a_visitor_does_not_queue_behind_who_waits(database: "Database") -> None:
    database.execute(SCHEMA)
    with (
        database.connect() as reader,
        database.connect() as waiter,
        open_session(database.conninfo) as connection,
    ):
        reader.execute("begin")
        reader.execute("select * from free")
        waiter.pgconn.send_query(b"alter table free add c int")
        while not reader.execute("select from pg_locks where not granted").rowcount:
            time.sleep(0.01)
        snapshot = drive(collect(connection))
        reader.execute("rollback")
        while waiter.pgconn.get_result() is not None:
            pass

    assert [spot.object for spot in snapshot.blind_spots] == ["free"]


def test_a_lock_taken_while_it_looks_is_met_by_looking_again(
    database: "Database", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first reading of the locks comes too early, as if the lock had been taken just after it."""
    database.execute(SCHEMA)
    readings: list[bool] = []

    def too_early(connection: psycopg.Connection, *, values: bool) -> tuple[Capabilities, tuple[LockedRelation, ...]]:
        readings.append(True)
        capabilities, locked = ask_capabilities(connection, values=values)
        return (replace(capabilities, locked=()), ()) if len(readings) == 1 else (capabilities, locked)

    monkeypatch.setattr("pgclinic.postgres.collect.ask_capabilities", too_early)
    with database.connect() as holder, open_session(database.conninfo) as connection:
        holder.execute("begin")
        holder.execute("lock held in access exclusive mode")
        snapshot = drive(collect(connection))
        holder.execute("rollback")

    assert len(readings) == 2
    assert [spot.subject for spot in snapshot.blind_spots] == ["relation_sizes"]
    assert {"held", "free"} <= {relation.name for relation in snapshot.relations}
    assert any(index.name == "held_pkey" for index in snapshot.indexes)
