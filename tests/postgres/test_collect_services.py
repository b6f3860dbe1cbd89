"""Managed services, as far as their catalogs can be built on a server of our own."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest
from msgspec.structs import replace

from pgclinic.instance import Instance, binaries_for, start
from pgclinic.model.platform import platform_relations, without_platform
from pgclinic.model.prescription import Course
from pgclinic.model.services import MARKS, SERVICES, service_named, service_of
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe

if TYPE_CHECKING:
    from tests.conftest import Servers

LOOK_ALIKES = {
    "rds": "create role rdsadmin superuser; create role rds_superuser; create role rds_replication",
    "aurora": """create role rdsadmin superuser; create role rds_superuser;
        create function pg_catalog.aurora_version() returns text language sql as 'select ''17.4.0''::text'""",
    "cloud_sql": "create role cloudsqladmin superuser; create role cloudsqlsuperuser",
    "azure": "create role azuresu superuser; create role azure_pg_admin",
    "neon": "create role cloud_admin superuser; create role neon_superuser bypassrls; create schema neon_auth",
    "supabase": """create role supabase_admin superuser; create role supabase_auth_admin; create role authenticator;
        create role anon; create role authenticated; create schema extensions; create schema auth;
        create schema storage; create schema realtime""",
}
SUPABASE = """
create extension pg_stat_statements schema extensions;
create table auth.users (id uuid primary key, email text, created_at timestamptz);
create table auth.sessions (user_id uuid references auth.users, at timestamptz);
create table storage.objects (id bigint primary key, bucket text, owner uuid);
create index one on storage.objects (bucket);
create index two on storage.objects (bucket);
create table realtime.messages (body text);
create function auth.uid() returns uuid language sql stable
    as $$select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid$$;
create table public.notes (id bigint primary key, owner uuid references auth.users, body text);
insert into auth.users select gen_random_uuid(), g || '@example.org', now() from generate_series(1, 2000) g;
insert into public.notes select g, (select id from auth.users limit 1), 'x' from generate_series(1, 2000) g;
alter table public.notes enable row level security;
alter table storage.objects enable row level security;
create policy own on public.notes using (auth.uid() = owner);
create policy theirs on storage.objects using (auth.uid() = owner);
analyze;
select count(*) from public.notes n join auth.users u on u.id = n.owner where u.email = 'a' and n.body = 'b'
"""


def test_a_service_needs_more_than_one_mark() -> None:
    for service in SERVICES:
        assert service_of(service.marks) is service
        assert service_named(service.name) is service
        for mark in service.marks:
            assert service_of([mark]) is None
    assert service_of(MARKS) is not None
    assert service_of([]) is None
    assert service_named("") is None


@pytest.fixture(params=[15, 18])
def instance(server: "Servers", request: pytest.FixtureRequest) -> Iterator[Instance]:
    """A server of its own, because roles belong to the whole of it."""
    with start(server(request.param).binaries, settings={"shared_preload_libraries": "pg_stat_statements"}) as running:
        yield running


def executed(instance: Instance, script: str) -> None:
    with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
        for statement in script.split(";\n"):
            connection.execute(statement)


def visited(conninfo: str) -> Snapshot:
    with open_session(conninfo) as connection:
        return drive(collect(connection))


@pytest.mark.server
@pytest.mark.parametrize("name", sorted(LOOK_ALIKES))
def test_each_service_is_recognised(name: str) -> None:
    with start(binaries_for(18)) as instance:
        executed(instance, LOOK_ALIKES[name])
        assert visited(instance.conninfo()).server.service == name


@pytest.mark.server
def test_a_server_of_ones_own_is_no_service(server: "Servers") -> None:
    with start(server(18).binaries) as instance:
        executed(instance, "create role rds_superuser")
        assert visited(instance.conninfo()).server.service == ""


@pytest.mark.server
def test_what_is_the_platforms_is_known_but_not_told(instance: Instance) -> None:
    executed(instance, LOOK_ALIKES["supabase"])
    executed(instance, SUPABASE)
    snapshot = visited(instance.conninfo())

    assert snapshot.platform_schemas == {"auth", "storage", "realtime", "extensions"}
    assert {str(name) for name in platform_relations(snapshot)} >= {"auth.users", "storage.objects"}
    assert any(function.schema == "auth" and function.name == "uid" for function in snapshot.functions)
    assert any("from public.notes n" in statement.text for statement in snapshot.statements)
    own = without_platform(snapshot)
    assert {relation.name for relation in own.relations} == {"notes"}
    assert {policy.name for policy in own.policies} == {"own"}
    assert {index.name for index in own.indexes} == {"notes_pkey"}
    assert own.functions == snapshot.functions
    findings = drive(checkup(snapshot)).findings
    assert {finding.object.schema for finding in findings} <= {"", "public"}
    assert not [finding for finding in findings if finding.check == "duplicate_index"]
    assert any(finding.check == "per_row_policy_call" for finding in findings)


@pytest.mark.server
def test_no_index_is_prescribed_for_the_platforms_tables(server: "Servers") -> None:
    with start(server(18).binaries, settings={"shared_preload_libraries": "pg_stat_statements"}) as instance:
        executed(instance, LOOK_ALIKES["supabase"])
        executed(instance, SUPABASE)
        executed(instance, "insert into auth.users select gen_random_uuid(), g::text from generate_series(1, 60000) g")
        executed(instance, "insert into notes select g, null, g::text from generate_series(3000, 60000) g;\nanalyze")
        executed(instance, "select extensions.pg_stat_statements_reset()")
        for statement in ("select from notes where body = 'b'", "select from auth.users where email = 'a'"):
            executed(instance, ";\n".join([statement] * 100))
        snapshot = visited(instance.conninfo())
        course = drive(prescribe(snapshot))
        unmarked = tuple(replace(schema, is_platform=False) for schema in snapshot.schemas)
        anywhere = drive(prescribe(replace(snapshot, schemas=unmarked)))

    def tables(course: Course) -> set[str]:
        return {f"{each.table.schema}.{each.table.name}" for each in course.prescriptions}

    assert tables(course) == {"public.notes"}
    assert tables(anywhere) == {"public.notes", "auth.users"}


@pytest.mark.server
def test_grants_are_what_an_administrator_of_the_service_may_do(instance: Instance) -> None:
    executed(instance, LOOK_ALIKES["supabase"])
    executed(
        instance,
        """create role customer login createrole password 'pw'
;
create role visitor login password 'pw'
;
create table public.t (id int primary key)
;
alter table t owner to customer
;
alter table t enable row level security
;
insert into t values (1), (2)
;
analyze t""",
    )
    conninfo = psycopg.conninfo.make_conninfo(instance.conninfo(), user="visitor", password="pw")
    snapshot = visited(conninfo)
    grants = {spot.subject: spot.grant for spot in snapshot.blind_spots if spot.subject != "column_statistics"}
    assert grants["statements"] == "create extension pg_stat_statements schema extensions"
    statistics = [spot.grant for spot in snapshot.blind_spots if spot.subject == "column_statistics"]
    assert sorted(statistics) == ["grant customer to visitor", "grant select on public.t to visitor"]
    executed(instance, ";\n".join(statistics))
    assert visited(conninfo).column_statistics != ()
