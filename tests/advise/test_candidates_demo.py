"""The candidates for the demo's workload: every kind of index that cures it, whatever its tables are called."""

from functools import partial

import pytest

import renaming
from conftest import Database
from pgclinic.advise.candidates import candidates, kinds_of
from pgclinic.demo.data.world import World
from pgclinic.demo.loading import load
from pgclinic.demo.workload_script import demo_script
from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql import quote
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.verbs.driving import drive
from pgclinic.workload.from_script import workload_of

pytestmark = pytest.mark.server

CURES = {
    "public.vapi_calls (phone_number, created_at)",
    "public.vapi_calls (created_at) where status = 'completed'",
    "public.vapi_calls (status) where status = 'active'",
    "public.vapi_calls (created_at) include (status)",
    "public.leads (status, created_at)",
    "public.call_logs (call_id, created_at)",
    "public.call_logs using gin (transcript jsonb_path_ops)",
    "public.appointments (preferred_date, preferred_time) where status = 'pending'",
    "public.analytics using brin (created_at)",
    "public.analytics (created_at) include (event_type)",
}


def texts(definitions: tuple[IndexDefinition, ...]) -> list[str]:
    return [quote.create_index(each, "i").partition(" on ")[2] for each in definitions]


def of_workload(snapshot: Snapshot, names: dict[str, str]) -> tuple[IndexDefinition, ...]:
    found: list[IndexDefinition] = []
    for statement in workload_of(demo_script()).statements:
        sql = renaming._in_sql(statement.sql, names)
        found += candidates(shape_of(sql, resolver_of(snapshot)), snapshot)
    return tuple(dict.fromkeys(found))


def test_every_kind_is_found_under_any_name(database: Database) -> None:
    connect = partial(open_session, database.conninfo, read_only=False, statement_timeout_ms=0, lock_timeout_ms=0)
    ((now,),) = database.execute("select now()")
    drive(load(connect, World(30_000, 1, now)))
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    found = of_workload(snapshot, {})
    assert set(texts(found)) >= CURES
    assert {kind for each in found for kind in kinds_of(each)} >= {"btree", "covering", "partial", "gin", "brin"}
    other, names = renaming.renamed(snapshot)
    assert [renaming._in_sql(each, names) for each in texts(found)] == texts(of_workload(other, names))
