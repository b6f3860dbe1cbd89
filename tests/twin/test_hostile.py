"""A snapshot is somebody else's text: whatever it holds, the twin does nothing but plan."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest

from hostile import function, marked, of_a_hostile_database
from pgclinic.instance import binaries_for, start
from pgclinic.model.catalog import (
    Constraint,
    Extension,
    Function,
    IndexDefinition,
    IndexKey,
    Policy,
    Relation,
    Role,
    Setting,
    UserType,
)
from pgclinic.model.names import RelationName
from pgclinic.model.plan import Asked, Plan, Question, WhatIfIndex
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server


@pytest.fixture
def marker() -> Iterator[Path]:
    with marked() as path:
        yield path


def superusers(twin: Twin) -> set[str]:
    with psycopg.connect(twin._instance.conninfo()) as connection:
        return {name for (name,) in connection.execute("select rolname from pg_roles where rolsuper").fetchall()}


def test_the_attack_succeeds_where_a_superuser_runs_it(marker: Path) -> None:
    with start(binaries_for(18)) as instance, psycopg.connect(instance.conninfo(), autocommit=True) as connection:
        connection.execute(function(marker, "h0", extra="volatile"))
        connection.execute("select h0()")
        assert marker.exists()
        assert connection.execute("select from pg_roles where rolname = 'pgclinic_owned' and rolsuper").rowcount == 1


def test_functions_that_a_plan_evaluates_cannot_leave_the_twin(database_on_each: "Database", marker: Path) -> None:
    with Twin(of_a_hostile_database(database_on_each, marker), workers=2) as twin:
        asked = [
            Asked(Question(sql=sql))
            for sql in (
                "select * from t where h0()",
                "select * from t where h1(7) and a = 5",
                "select * from v",
                "select * from t where b = 5 and h2('x')",
                "select * from p where a = 5 and h0()",
                "insert into t values (1, 1, 'x')",
            )
        ]
        for _ in range(2):
            assert all(isinstance(answer, Plan) for answer in twin.plan_all(asked * 20))
            for recruit in twin._recruits:
                recruit.result()
        assert len(twin._workers) == 2
        table = RelationName("public", "t")
        made = twin.add_all(
            [
                IndexDefinition(table, (IndexKey("h1(a)", is_column=False),)),
                IndexDefinition(table, (IndexKey("a"),), predicate="h2(c)"),
            ]
        )
        visible = frozenset(each.id for each in made if isinstance(each, WhatIfIndex))
        assert len(visible) == 2
        again = [msgspec.structs.replace(each, visible=visible) for each in asked]
        assert all(isinstance(answer, Plan) for answer in twin.plan_all(again * 20))
        assert superusers(twin) == {"pgclinic_superuser"}
    assert not marker.exists()


def test_a_statement_of_the_workload_runs_nothing(database: "Database", marker: Path) -> None:
    database.execute("create table t (a int)")
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    with Twin(snapshot) as twin:
        for sql in (
            f"copy (select 1) to program 'touch {marker}'",
            f"select 1; copy (select 1) to program 'touch {marker}'",
            f"do $$ begin execute 'copy (select 1) to ''{marker}'''; end $$",
            "explain analyze select 1",
            "set role pgclinic_superuser",
            "reset all",
        ):
            assert not isinstance(twin.plan(Question(sql=sql)), Plan)
        assert isinstance(twin.plan(Question(sql="select * from t")), Plan)
    assert not marker.exists()


def test_texts_that_close_their_statement_run_nothing_as_superuser(database: "Database", marker: Path) -> None:
    """Each text of the snapshot that becomes SQL carries a second statement."""
    second = f"; copy (select 1) to program 'touch {marker}'; alter role pgclinic_builder superuser; --"
    database.execute("create table t (a int, b text)")
    database.execute("create index t_a_idx on t (a)")
    database.execute("insert into t select n, n::text from generate_series(1, 3000) as n")
    database.execute("analyze t")
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    (table,) = snapshot.relations
    (index,) = snapshot.indexes
    hostile = msgspec.structs.replace(
        snapshot,
        relations=(
            msgspec.structs.replace(table, options=(f"fillfactor=10){second}",), pages=2**62, heap_bytes=2**80),
            Relation(oid=2, schema="public", name='v"', kind="v", owner="o", definition=f"select 1{second}"),
            Relation(oid=3, schema="public", name="q", kind="r", owner="o", partition_key=f"list (a){second}"),
        ),
        indexes=(msgspec.structs.replace(index, sql=index.sql + second, bytes=2**80),),
        constraints=(Constraint(oid=9, relation=table.oid, name="c", kind="c", sql=f"check (true)){second}"),),
        functions=(
            Function(
                oid=5,
                schema="public",
                name="f",
                arguments="",
                returns="int",
                kind="f",
                language="sql",
                volatility="i",
                sql=f"create function f() returns int language sql as 'select 1'{second}",
            ),
        ),
        policies=(Policy(relation=table.oid, name="p", command="ALL", using=f"true){second}", roles=("public",)),),
        types=(UserType(oid=7, schema="public", name="e", kind="e", labels=(f"x'){second}",)),),
        settings=(
            Setting(name="search_path", value=f"public'{second}"),
            Setting(name="work_mem", value=f"4MB'{second}"),
            Setting(name="session_preload_libraries", value="auto_explain"),
        ),
        roles=(
            Role(name="pgclinic_superuser", can_login=True),
            Role(name=f'x"{second}', settings=(f"work_mem=4MB'{second}",)),
            Role(name="boss", is_superuser=True, can_login=True),
        ),
        extensions=(
            Extension(name=f'dblink"{second}', version="1", schema="public"),
            Extension(name="dblink", version="1", schema="public"),
        ),
        column_statistics=(
            ColumnStatistics(
                relation=table.oid, column="a", most_common_vals=f"{{1}}'{second}", most_common_freqs=(1,)
            ),
        ),
    )
    with Twin(hostile) as twin:
        assert isinstance(twin.plan(Question(sql="select * from public.t where a = 1")), Plan)
        assert superusers(twin) == {"pgclinic_superuser"}
        assert "extension dblink" in twin.omissions
    assert not marker.exists()


def test_a_domain_of_the_snapshot_is_not_consulted_for_its_statistics(database: "Database", marker: Path) -> None:
    """array_in of a domain runs its CHECK, and statistics are loaded by the superuser."""
    snapshot = of_a_hostile_database(database, marker)
    assert any(row.column == "b" and row.histogram_bounds for row in snapshot.column_statistics)
    with Twin(snapshot) as twin, psycopg.connect(twin._instance.conninfo("twin1")) as connection:
        ((values,),) = connection.execute(
            "select stavalues2::text from pg_statistic join pg_attribute on attrelid = starelid and attnum = staattnum"
            " where attname = 'b' and starelid = 't'::regclass"
        ).fetchall()
        assert values is None or values.startswith("{")
    assert not marker.exists()


def test_passwords_of_the_twin_are_not_guessable(database: "Database") -> None:
    database.execute("create table t (a int)")
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    with Twin(snapshot) as twin:
        for user in ("pgclinic_superuser", "pgclinic_builder"):
            for password in ("", user, secrets.token_urlsafe(4)):
                with pytest.raises(psycopg.OperationalError):
                    psycopg.connect(twin._instance.conninfo("twin1", user, password or None)).close()
