"""One plan of an index, policies, a drop and the partitions of their table, applied to a real server and taken back."""

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from pgclinic.advise.merging import merge
from pgclinic.advise.worth import worth_of
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import When
from pgclinic.model.treatment import State
from pgclinic.model.workload import Workload
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.remedies import create_index, drop_index, partition_table
from pgclinic.remedies.partition_table import Division
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import course_of, of_remedy, schema_of, states

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
    create function who() returns text language plpgsql stable as
        $$ begin return current_setting('app.who', true) || ''; end $$;
    create table {quoted} (id int primary key, kind text, owner text, at timestamptz not null default now());
    insert into {quoted} select n, 'k' || n % 9, 'o' || n % 5, now() - n * interval '10 minutes'
    from generate_series(1, 20000) n;
    create index {guess} on {quoted} (owner);
    alter table {quoted} enable row level security;
    grant select on {quoted} to public;
    create policy own on {quoted} using (who() = 'ann' and kind <> 'k0');
    analyze;
"""
INDEXES = """
    select substring(pg_get_indexdef(indexrelid), 'USING.*'), bool_and(indisvalid) from pg_index
    where indrelid = '{quoted}'::regclass group by 1 order by 1
"""
POLICIES = "select policyname, qual from pg_policies where tablename = '{table}'"
PARTS = """
    select count(*), count(*) filter (where exists (
        select from pg_index where indrelid = inhrelid and pg_get_indexdef(indexrelid) like '%(kind)%'))
    from pg_inherits join pg_class on oid = inhrelid where inhparent = '{quoted}'::regclass and relkind = 'r'
"""


@pytest.mark.parametrize("table", ["events", "Odd Events"])
def test_what_is_built_and_rewritten_before_is_there_after_the_conversion(
    database_on_each: "Database", role_name: str, tmp_path: "Path", monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    database, quoted = database_on_each, f'"{table}"'

    def of(text: str) -> str:
        return text.replace("{quoted}", quoted).replace("{guess}", f'"{table}_guess"').replace("{table}", table)

    database.execute(f"create role {role_name} nologin")
    database.execute(of(SCHEMA))
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    rewritten = drive(prescribe(snapshot, kinds=("policies",))).prescriptions
    assert [item.kind for item in rewritten] == ["rewrite_policies"]
    name = RelationName("public", table)
    relation = snapshot.relation_by_name[name]
    built = create_index.prescribe(
        IndexDefinition(name, (IndexKey("kind"),)), name=f"{table}_kind", size_bytes=0, reason="asked for"
    )
    guess = next(each for each in snapshot.indexes_of[relation.oid] if each.name == f"{table}_guess")
    dropped = drop_index.prescribe(guess, reason="unused")
    division = Division(
        table=name,
        key="at",
        key_type="timestamp with time zone",
        interval="1 month",
        primary=("id",),
        taken=frozenset(each.name for each in snapshot.indexes),
    )
    conversion = of_remedy(partition_table.remedy(division), ObjectName("table", table, schema="public"))
    items = [replace(conversion, when=When.THIS_MONTH), built, dropped, *rewritten]
    plan = merge(snapshot, items, worth=worth_of(Workload(statements=(), source="")))
    assert plan.declined == ()
    assert plan.prescriptions[-1].kind == partition_table.KIND
    before = schema_of(database)
    rows = database.execute(of("select count(*), sum(id) from {quoted}"))

    treatment = drive(treat(database.conninfo, course_of(database, *plan.prescriptions)))
    assert states(treatment) == [State.DONE] * 4, [entry.error for entry in treatment.entries]
    assert database.execute(of("select relkind from pg_class where oid = '{quoted}'::regclass")) == [("p",)]
    assert database.execute(of("select count(*), sum(id) from {quoted}")) == rows
    assert database.execute(of(INDEXES)) == [("USING btree (id, at)", True), ("USING btree (kind)", True)]
    ((policy, condition),) = database.execute(of(POLICIES))
    assert policy == "own"
    assert "SELECT who()" in " ".join(condition.split()), condition
    ((parts, with_index),) = database.execute(of(PARTS))
    assert parts == with_index > 3

    undone = drive(undo(database.conninfo, purge=True))
    assert not [entry.error for entry in undone.entries if entry.error]
    assert schema_of(database) == before
    assert database.execute(of("select count(*), sum(id) from {quoted}")) == rows
