"""What outlives a transaction is told from the parse tree, on what the server writes into pg_stat_statements too."""

import pytest

from pgclinic.sql.session_state import SessionUse, session_uses


@pytest.mark.parametrize(
    ("sql", "use"),
    [
        ("set work_mem = '1GB'", SessionUse.SET),
        ("SET work_mem TO $1", SessionUse.SET),
        ("set role clerk", SessionUse.SET),
        ("set session characteristics as transaction read only", SessionUse.SET),
        ("select set_config('app.user', $1, false)", SessionUse.SET),
        ("listen changes", SessionUse.LISTEN),
        ("select a, pg_advisory_lock($1) from t", SessionUse.ADVISORY_LOCK),
        ("select pg_catalog.pg_try_advisory_lock_shared(1, 2)", SessionUse.ADVISORY_LOCK),
        ("create temp table a (b int)", SessionUse.TEMPORARY_TABLE),
        ("create temp table a as select 1", SessionUse.TEMPORARY_TABLE),
        ("select 1 into temp a", SessionUse.TEMPORARY_TABLE),
        ("prepare p as select $1", SessionUse.PREPARE),
        ("execute p(1)", SessionUse.PREPARE),
        ("declare c cursor with hold for select $1", SessionUse.HELD_CURSOR),
        ("load 'auto_explain'", SessionUse.LOAD),
    ],
)
def test_what_stays_in_the_session_is_seen(sql: str, use: SessionUse) -> None:
    assert session_uses(sql) == {use}


@pytest.mark.parametrize(
    "sql",
    [
        "set local work_mem = '1GB'",
        "set time zone 'UTC'",
        "set names 'utf8'",
        "set transaction isolation level serializable",
        "reset all",
        "discard all",
        "select set_config('app.user', $1, true)",
        "select set_config($1, $2, $3)",
        "select pg_advisory_xact_lock($1)",
        "create temp table a (b int) on commit drop",
        "create temp table a on commit drop as select 1",
        "declare c cursor for select 1",
        "select 'pg_advisory_lock(1)'",
        "notify changes",
        "no sql at all",
    ],
)
def test_what_ends_with_the_transaction_is_not(sql: str) -> None:
    assert session_uses(sql) == frozenset()
