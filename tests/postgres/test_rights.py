"""The same database examined by a superuser, its owner, pg_monitor, and somebody who may only connect."""

from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.model.checkup import Checkup
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from spoken import untranslated

if TYPE_CHECKING:
    from tests.conftest import Database

    from pgclinic.model.finding import BlindSpot

pytestmark = pytest.mark.server

SICK = """
create extension pg_stat_statements;
create schema "Other Schema";
create table parent (id int primary key, body text);
create table child (id serial primary key, parent int references parent, state int, who text);
create table "Other Schema".keyless (a int, b text);
create index one on child (state);
create index two on child (state);
create index longer on child (state, who);
create sequence nearly_done maxvalue 1000;
select setval('nearly_done', 990);
alter table child enable row level security;
create policy own on child using (who = current_user);
create policy all_of_it on child for select using (true);
insert into parent select g, repeat('x', 100) from generate_series(1, 20000) g;
insert into child (parent, state, who) select g, g % 5, 'w' || g % 50 from generate_series(1, 20000) g;
insert into "Other Schema".keyless select g, 'b' from generate_series(1, 20000) g;
update child set who = 'someone' where id % 2 = 0;
alter table child set (autovacuum_enabled = off);
analyze parent, child;
"""
LETTERS = "ABCDEF"


def visit(conninfo: str) -> Snapshot:
    with open_session(conninfo) as connection:
        return drive(collect(connection))


def examined(conninfo: str) -> Checkup:
    result = drive(checkup(visit(conninfo)))
    said = [text for each in (*result.blind_spots, *result.findings) for text in untranslated(each)]
    assert [text for text in said if not text.startswith("fr: Permission denied for ")] == []  # the server's words
    return result


def own(checkup_: Checkup) -> dict[str, str]:
    """Findings by fingerprint, without what is about the visitor himself."""
    return {finding.fingerprint: finding.check for finding in checkup_.findings}


@pytest.fixture
def sick(role_name: str, database_on_each: "Database") -> "Database":
    for statement in SICK.split(";\n"):
        if statement.strip():
            database_on_each.execute(statement)
    with psycopg.connect(database_on_each.conninfo, autocommit=True) as connection:
        for number in range(150):
            connection.execute("select count(*) from parent where body = %s", [str(number)], prepare=False)
        if database_on_each.major >= 15:
            connection.execute("select pg_stat_force_next_flush()")
    database_on_each.execute(f"create role {role_name} login password 'pw'")
    return database_on_each


def confidence(checkup_: Checkup) -> int:
    return LETTERS.index(checkup_.grade.confidence[0])


def test_who_sees_less_says_less_or_is_less_sure(sick: "Database", role_name: str) -> None:
    whole = examined(sick.conninfo)
    assert {"duplicate_index", "foreign_key_without_index", "sequence_near_end"} <= set(own(whole).values())
    everything = own(whole)
    least = examined(sick.conninfo_as(role_name, "pw"))
    sick.execute(f"grant pg_monitor to {role_name}")
    monitor = examined(sick.conninfo_as(role_name, "pw"))
    sick.execute(
        f"alter table parent owner to {role_name}; alter table child owner to {role_name};"
        f'alter table "Other Schema".keyless owner to {role_name}; grant usage on schema "Other Schema" to {role_name};'
        f"alter sequence nearly_done owner to {role_name}"
    )
    owner = examined(sick.conninfo_as(role_name, "pw"))
    for name, less in {"connect": least, "pg_monitor": monitor, "owner": owner}.items():
        more = set(own(less)) - set(everything)
        assert not more or confidence(less) > confidence(whole), (name, [own(less)[each] for each in more])
        if set(own(less)) != set(everything):
            assert less.blind_spots, name
        for spot in less.blind_spots:
            assert spot.reason.endswith("."), spot
    assert confidence(least) > confidence(whole)
    assert confidence(least) >= confidence(monitor) >= confidence(owner) >= confidence(whole)
    assert {spot.subject for spot in least.blind_spots if spot.grant} >= {
        "column_statistics",
        "sequences",
        "settings",
        "statements",
    }


def test_each_grant_cures_its_blind_spot_and_together_all(sick: "Database", role_name: str) -> None:
    conninfo = sick.conninfo_as(role_name, "pw")
    spots = visit(conninfo).blind_spots
    tried: set[BlindSpot] = set()
    while spots:
        spot = next(iter(spots))
        assert spot.grant, spot
        assert spot not in tried, spot
        tried.add(spot)
        sick.execute(spot.grant)
        after = visit(conninfo).blind_spots
        assert spot not in after, spot
        spots = after
    assert len(tried) >= 4
    whole, cured = visit(sick.conninfo), visit(conninfo)
    assert cured.column_statistics == whole.column_statistics
    assert cured.sequences == whole.sequences
    assert {each.text for each in whole.statements} <= {each.text for each in cured.statements}
    assert own(drive(checkup(cured))) == own(drive(checkup(whole)))


def test_nothing_but_connect_in_a_database_closed_to_everybody_else(sick: "Database", role_name: str) -> None:
    """PUBLIC has been stripped of what it has by default."""
    sick.execute(
        f"revoke all on database {sick.name} from public; grant connect on database {sick.name} to {role_name}"
    )
    sick.execute("revoke all on schema public from public")
    sick.execute("revoke select on pg_stat_statements, pg_stat_activity, pg_stats from public")
    found = examined(sick.conninfo_as(role_name, "pw"))

    assert {spot.subject for spot in found.blind_spots} >= {"column_statistics", "statements", "sequences"}
    assert set(own(found)) <= set(own(examined(sick.conninfo))) | {
        finding.fingerprint for finding in found.findings if confidence(found) > 0
    }
