"""What is estimated of a table's room is confirmed, or taken back, by looking."""

from typing import TYPE_CHECKING

import msgspec
import pytest

from pgclinic import checks
from pgclinic.model.evidence import Provenance
from pgclinic.model.finding import Severity
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.confirming import confirmed
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database
    from pgclinic.model.snapshot import Snapshot

pytestmark = pytest.mark.server

SMALL = {"min_bytes": 100_000, "heavy_bytes": 500_000}


def snapshot_of(conninfo: str) -> "Snapshot":
    with open_session(conninfo) as connection:
        return drive(collect(connection))


def emptied(database: "Database") -> None:
    """Each in a session of its own, so that its counters are there before the next begins."""
    for statement in (
        """create table "Emptied" as select n as id, md5(n::text) as note from generate_series(1, 20000) n""",
        """delete from "Emptied" where id % 10 <> 0""",
        """vacuum analyze "Emptied" """,
        "create table full_one as select n as id from generate_series(1, 20000) n",
        "vacuum analyze full_one",
    ):
        database.execute(statement)


def test_an_estimate_becomes_a_measurement(database_on_each: "Database") -> None:
    emptied(database_on_each)
    database_on_each.execute("create schema tools")
    database_on_each.execute("create extension pgstattuple schema tools")
    snapshot = snapshot_of(database_on_each.conninfo)
    check = checks.load("table_bloat")
    [estimated] = check.examine(snapshot, **SMALL)
    assert estimated.severity is Severity.NOTICE

    looked = drive(confirmed(database_on_each.conninfo, snapshot, SMALL))
    [room] = looked.measured_rooms
    assert room.bytes == snapshot.relation_by_oid[room.relation].heap_bytes
    assert 0.7 * room.bytes < room.free_bytes < room.bytes
    [found] = check.examine(looked, **SMALL)
    assert (found.severity, found.object) == (Severity.WARNING, estimated.object)
    assert {fact.provenance for fact in found.facts if fact.name == "needed"} == {Provenance.MEASURED}
    assert "by an estimate" not in found.summary


def test_a_table_that_is_full_after_all_is_not_mentioned(database: "Database") -> None:
    emptied(database)
    database.execute("create extension pgstattuple")
    stale = snapshot_of(database.conninfo)
    database.execute("""insert into "Emptied" select n, md5(n::text) from generate_series(1, 18000) n""")
    looked = drive(confirmed(database.conninfo, stale, SMALL))
    assert len(looked.measured_rooms) == 1
    assert list(checks.load("table_bloat").examine(looked, **SMALL)) == []


def test_without_the_extension_or_the_right_it_is_said_what_would_help(database: "Database", role_name: str) -> None:
    emptied(database)
    snapshot = snapshot_of(database.conninfo)
    [spot] = [
        spot
        for spot in drive(confirmed(database.conninfo, snapshot, SMALL)).blind_spots
        if spot.subject == "measured_room"
    ]
    assert spot.grant == "create extension pgstattuple"

    database.execute("create extension pgstattuple")
    database.execute(f"create role {role_name} login password 'x'")
    snapshot = snapshot_of(database.conninfo)
    conninfo = database.conninfo_as(role_name, "x")
    looked = drive(confirmed(conninfo, snapshot, SMALL))
    [spot] = [spot for spot in looked.blind_spots if spot.subject == "measured_room"]
    assert (looked.measured_rooms, spot.object) == ((), "Emptied")
    database.execute(spot.grant)
    assert len(drive(confirmed(conninfo, snapshot, SMALL)).measured_rooms) == 1


def test_where_nothing_seems_bloated_nobody_looks(database: "Database") -> None:
    emptied(database)
    snapshot = snapshot_of(database.conninfo)
    assert drive(confirmed("host=nowhere.invalid", snapshot)) == snapshot
    blind = msgspec.structs.replace(
        snapshot, table_counters=(), header=msgspec.structs.replace(snapshot.header, probes=())
    )
    assert drive(confirmed("host=nowhere.invalid", blind, SMALL)) == blind
