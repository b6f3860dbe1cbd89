from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from pgclinic.demo import loading
from pgclinic.demo.data.world import World
from pgclinic.demo.loading import load
from pgclinic.model.errors import UserError
from pgclinic.verbs.demo_load import load as load_verb
from pgclinic.verbs.driving import drive

pytestmark = pytest.mark.server

_TABLES = "select count(*) from pg_class where relnamespace = 'public'::regnamespace"


def test_the_database_is_neglected_as_described(database_on_each: Any, fill: Any) -> None:
    loaded = fill(database_on_each)
    ask = database_on_each.execute
    assert loaded.rows["vapi_calls"] == 3000
    assert loaded.rows == dict(
        ask(
            "select relname, n_live_tup from pg_stat_user_tables "
            "where relname not in ('system_constraints', 'pricing_rules')"
        )
    )
    assert ask(
        "select indexrelid::regclass::text from pg_index where indrelid::regclass::text not like 'pg_%' "
        "and not exists (select from pg_constraint c where c.conindid = indexrelid) order by 1"
    ) == [("idx_leads_city",), ("idx_vapi_calls_assistant",), ("idx_vapi_calls_call_id",)]
    assert ask(
        "select conrelid::regclass::text, confrelid::regclass::text from pg_constraint where contype = 'f' order by 1"
    ) == [
        ("leads", "vapi_calls"),
        ("sms_logs", "vapi_calls"),
    ]
    assert ask("select count(*) from pg_policies where qual = 'true'") == [(1,)]
    assert ask("select count(*) from pg_policies where qual like '%auth.role()%' and roles = '{public}'") == [(11,)]
    assert ask("select tablename from pg_policies where cmd = 'ALL' group by 1 having count(*) > 1") == [("leads",)]
    assert ask("select count(*) from pg_stat_user_tables where last_analyze is null") == [(2,)]


def test_a_sixth_of_the_rows_of_the_busy_tables_is_dead(database: Any, fill: Any) -> None:
    fill(database)
    dead = dict(
        database.execute(
            "select relname, n_dead_tup::float / (n_dead_tup + n_live_tup) "
            "from pg_stat_user_tables where n_dead_tup > 0"
        )
    )
    assert dead.keys() == {"vapi_calls", "rate_limits"}
    assert all(0.13 <= share <= 0.20 for share in dead.values())


def test_rows_stay_in_their_pages(database: Any, fill: Any) -> None:
    fill(database)
    [(pages, out_of_line)] = database.execute(
        "select pg_relation_size(oid) / 8192, pg_relation_size(reltoastrelid) "
        "from pg_class where relname = 'vapi_calls'"
    )
    assert pages > 3000 / 5
    assert out_of_line < 100_000


def test_the_last_hour_has_calls_and_the_triggers_work(database: Any, fill: Any) -> None:
    fill(database, 20_000)
    assert database.execute("select count(*) > 0 from vapi_calls where created_at >= now() - interval '1 hour'") == [
        (True,)
    ]
    database.execute("update leads set status = 'lost' where id = (select min(id::text)::uuid from leads)")
    assert database.execute(
        "select count(*) from leads where updated_at > created_at and updated_at > now() - interval '1 minute'"
    ) == [(1,)]
    assert database.execute("select count(*) > 20 from daily_call_summary") == [(True,)]


def test_staff_see_calls_and_strangers_see_none(database: Any, fill: Any) -> None:
    fill(database)
    with database.connect() as connection:
        connection.execute("set role authenticated")
        assert connection.execute("select count(*) from vapi_calls").fetchone() == (0,)
        connection.execute('set request.jwt.claims = \'{"role": "authenticated"}\'')
        assert connection.execute("select count(*) from vapi_calls").fetchone() == (3000,)
        connection.execute("set role anon")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select count(*) from vapi_calls")


def test_a_database_that_holds_anything_is_refused(database: Any) -> None:
    database.execute('create view "Kept things" as select 1 as one')
    with pytest.raises(UserError, match=r"is not empty \(it has Kept things\)"):
        drive(load_verb(database.conninfo, scale="small"))
    assert database.execute(_TABLES) == [(1,)]


def test_an_extension_is_not_something_in_the_way(database: Any, fill: Any) -> None:
    database.execute("create extension pg_stat_statements")
    assert fill(database).bytes > 0


def test_a_role_that_may_not_is_told_so(database: Any, role_name: str) -> None:
    database.execute(f"create role {role_name} login password 'x'")
    with pytest.raises(UserError, match=r"demo could not be loaded|may not create"):
        drive(load_verb(database.conninfo_as(role_name, "x"), scale="small"))
    assert database.execute(_TABLES) == [(0,)]


def test_an_unknown_scale_is_refused(database: Any) -> None:
    with pytest.raises(UserError, match="no scale 'huge'"):
        drive(load_verb(database.conninfo, scale="huge"))


@pytest.mark.parametrize("step", ["load calls", "build keys", "vacuum", "age the database"])
def test_a_load_that_is_interrupted_leaves_nothing(database: Any, step: str) -> None:
    loading_now = load(database.connect, World(3000, 1, datetime.now(UTC)))
    for progress in loading_now:
        if progress.step == step:
            break
    loading_now.close()
    assert database.execute(_TABLES) == [(0,)]
    assert database.execute(
        "select count(*) from pg_stat_activity where datname = current_database() and state = 'active'"
    ) == [(1,)]


def test_a_load_that_fails_leaves_nothing(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = loading.schema
    monkeypatch.setattr(
        loading, "schema", lambda name: genuine(name) + ("; select 1 / 0" if name == "references" else "")
    )
    with pytest.raises(psycopg.errors.DivisionByZero):
        drive(load(database.connect, World(2000, 1, datetime.now(UTC))))
    assert database.execute(_TABLES) == [(0,)]


def test_large_tables_come_from_processes_of_their_own(
    database: Any, fill: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_OWN_PROCESS_FROM", 1)
    assert fill(database, 2000).rows["call_logs"] == 4000


def test_who_made_the_roles_may_become_them(role_name: str, database_on_each: Any) -> None:
    names = ("anon", "authenticated", "service_role")
    with database_on_each.connect() as connection:
        connection.execute(f"create role {role_name} login createrole password 'pw'")
        found = connection.execute("select rolname from pg_roles where rolname = any (%s)", [list(names)]).fetchall()
        for (name,) in found:  # other tests of this server made them
            connection.execute(f"grant {name} to {role_name} with admin option")
    with psycopg.connect(database_on_each.conninfo_as(role_name, "pw"), autocommit=True) as connection:
        connection.execute(loading.schema("roles"))
        for name in names:
            connection.execute(f"set role {name}")
            connection.execute("reset role")
