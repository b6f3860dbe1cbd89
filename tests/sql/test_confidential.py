"""What may be kept of a statement that pg_stat_statements shows."""

import pytest

from pgclinic.sql.confidential import publishable


@pytest.mark.parametrize(
    "sql",
    [
        "create role app login password 'x'",
        "CREATE USER app WITH ENCRYPTED PASSWORD 'x'",
        "alter role app password 'x'",
        "alter role app set app.token = x",
        "alter user app with password 'x' -- cut her",
        "alter database shop set app.token = x",
        "alter system set primary_conninfo = 'password=x'",
        "set app.token = x",
        "set session authorization x",
        "create server s foreign data wrapper w options (token 'x')",
        "create user mapping for app server s options (password 'x')",
        "alter user mapping for app server s options (set password 'x')",
        "create subscription s connection 'password=x' publication p",
        "create foreign table f (a int) server s options (key 'x')",
        "select 1; create role app password 'x'",
        "alter user app with password 'x",
        "frobnicate role app password 'x'",
    ],
)
def test_statements_that_hold_secrets_are_left_out(sql: str) -> None:
    assert publishable(sql) is None


@pytest.mark.parametrize(
    ("sql", "kept"),
    [
        ("select $1 from t where a = $2 limit 10", "select $1 from t where a = $2 limit 10"),
        ("select interval $1", "select interval $1"),
        ("select * from t where a in ($1 /*, ... */)", "select * from t where a in ($1 /*, ... */)"),
        ("select dblink_connect('password=x') from t where a = $1", "select dblink_connect($2) from t where a = $1"),
        (
            "select date_trunc('day', a), count(*) from t where b = $1 group by 1 order by 1 limit 9",
            "select date_trunc($2, a), count(*) from t where b = $1 group by 1 order by 1 limit $3",
        ),
        ("select 'x'::numeric(10, 2)", "select $1::numeric(10, 2)"),
        (
            "select a from json_table('[]', '$[*]' columns (a int path '$.x'))",
            "select a from json_table($1, $2 columns (a int path $3))",
        ),
        ("copy t from program 'curl -u me:x'", "copy t from program $1"),
        ("do $$ begin perform 'x'; end $$", "do $1"),
        ("execute p('x', 12)", "execute p($1, $2)"),
        ("vacuum analyze t", "vacuum analyze t"),
        ("refresh materialized view concurrently m", "refresh materialized view concurrently m"),
        ("frobnicate t using 'x'", "frobnicate t using $1"),
    ],
)
def test_what_may_be_kept(sql: str, kept: str) -> None:
    assert publishable(sql) == kept
