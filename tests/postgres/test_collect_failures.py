"""One question that fails, for whatever reason, never ends the visit: it leaves a blind spot and the rest is seen."""

from typing import TYPE_CHECKING

import pytest
from msgspec import structs
from msgspec.structs import replace

from pgclinic.model.finding import BlindSpot
from pgclinic.model.snapshot import FIELD_OF_KIND, Snapshot
from pgclinic.model.snapshot_file import read, write
from pgclinic.postgres import collect as collecting
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.probes import probes
from pgclinic.probes.query import Query
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
create extension pg_stat_statements;
create table t (id serial primary key, a text check (a <> ''), b int references t);
create index on t (a);
create view v as select a from t;
create function f() returns int language sql as 'select 1';
insert into t (a) select g::text from generate_series(1, 500) g;
analyze t;
select count(*) from t where a = 'x'
"""


def visit(conninfo: str) -> Snapshot:
    with open_session(conninfo) as connection:
        return drive(collect(connection))


@pytest.mark.parametrize("how", ["error", "strange rows", "no answer in time"])
def test_each_probe_may_fail(database: "Database", monkeypatch: pytest.MonkeyPatch, tmp_path: "Path", how: str) -> None:
    database.execute(SCHEMA)
    whole = visit(database.conninfo)
    assert whole.blind_spots == ()
    if how == "no answer in time":
        monkeypatch.setattr(collecting, "PATIENCE", "select set_config('statement_timeout', '30', true)")
        monkeypatch.setattr(collecting, "_SETTINGS", collecting._SETTINGS.replace("'5000'", "'1000'"))
    everything = [probe for probe in probes() if not probe.is_of_watching]
    for broken in everything:
        if how == "no answer in time" and broken.name not in {"server", "statements", "relation_sizes", "indexes"}:
            continue
        fields = (field.name for field in structs.fields(broken.row))
        sql = {
            "error": "select 1 / 0 as oid order by 1",
            "strange rows": "select " + ", ".join(f'array[array[1]] as "{name}"' for name in fields) + " order by 1",
            "no answer in time": "select pg_catalog.pg_sleep(10)::text as name order by 1",
        }[how]
        asked = [replace(each, query=lambda _, sql=sql: Query(sql)) if each is broken else each for each in everything]
        monkeypatch.setattr(collecting, "probes", lambda asked=asked: tuple(asked))
        snapshot = visit(database.conninfo)
        spots = [spot for spot in snapshot.blind_spots if spot.subject == broken.name]
        assert len(spots) == 1, broken.name
        assert [spot for spot in snapshot.blind_spots if spot not in spots] == []
        assert not snapshot.sees(broken.name)
        assert snapshot.server.database == database.name
        others = {FIELD_OF_KIND[each.record] for each in everything if each.record is not broken.record}
        for field in others - {"server", "blind_spots"}:
            seen, before = getattr(snapshot, field), getattr(whole, field)
            assert bool(seen) == bool(before), (broken.name, field)
            if field in {"relations", "columns", "settings", "roles", "constraints"}:
                assert seen == before, (broken.name, field)
        file = tmp_path / "visit"
        file.write_bytes(b"".join(write(snapshot)))
        assert read(file) == snapshot
        drive(checkup(snapshot))


def test_a_view_that_was_replaced(database_on_each: "Database") -> None:
    """Whoever may change pg_catalog can leave a view that raises, or one whose columns are of other types."""
    database_on_each.execute(SCHEMA)
    with database_on_each.connect() as connection:
        connection.execute("set allow_system_table_mods = on")
        for view, column, other in (
            ("pg_stats", "most_common_freqs", "array[1 / (n_distinct - n_distinct)]::real[] as most_common_freqs"),
            ("pg_stat_all_tables", "n_live_tup", "(n_live_tup - 9223372036854775807 - 1000)::bigint as n_live_tup"),
        ):
            columns = connection.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum",
                [f"pg_catalog.{view}"],
            ).fetchall()
            names = ", ".join(other if name == column else f'"{name}"' for (name,) in columns)
            definition = connection.execute("select pg_get_viewdef(%s::regclass)", [f"pg_catalog.{view}"]).fetchall()
            inner = definition[0][0].rstrip(";")
            connection.execute(f"create or replace view pg_catalog.{view} as select {names} from ({inner}) inner_view")
    snapshot = visit(database_on_each.conninfo)

    assert {spot.subject for spot in snapshot.blind_spots} >= {"column_statistics", "table_counters"}
    assert len(snapshot.relations) == 2
    assert snapshot.statements


def test_rights_that_were_revoked(role_name: str, database_on_each: "Database") -> None:
    database_on_each.execute(SCHEMA)
    database_on_each.execute(f"create role {role_name} login password 'pw' in role pg_monitor")
    database_on_each.execute(f"grant select on all tables in schema public to {role_name}")
    database_on_each.execute(f"grant select on all sequences in schema public to {role_name}")
    for broken in (
        "revoke execute on function pg_relation_size(regclass, text), pg_total_relation_size(regclass) from public",
        "revoke select on pg_stat_all_tables, pg_stats, pg_locks, pg_settings from public",
        "revoke select on pg_policy, pg_trigger, pg_sequence from public",
        "revoke execute on function pg_get_viewdef(oid), pg_get_indexdef(oid) from public",
        "revoke execute on function pg_stat_statements(boolean) from public",
    ):
        database_on_each.execute(broken)
    snapshot = visit(database_on_each.conninfo_as(role_name, "pw"))

    subjects = {spot.subject for spot in snapshot.blind_spots}
    assert subjects >= {
        "column_statistics",
        "index_sizes",
        "indexes",
        "policies",
        "relation_sizes",
        "sequences",
        "settings",
        "statements",
        "table_counters",
        "triggers",
        "view_definitions",
    }
    assert all(isinstance(spot, BlindSpot) and spot.reason for spot in snapshot.blind_spots)
    assert {relation.name for relation in snapshot.relations} == {"t", "v"}
    assert {column.name for column in snapshot.columns} >= {"id", "a", "b"}
    assert snapshot.roles
    drive(checkup(snapshot))
