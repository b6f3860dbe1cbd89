"""Other mistakes, each once, on an empty schema or a small database; what is right beside them is silent."""

import json
import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgclinic import reviews
from pgclinic.model.errors import UserError
from pgclinic.model.review import Verdict
from pgclinic.report import review_json
from pgclinic.sql import bodies, deeds, migration_file
from reviewing import found, reviewed, seen, text_of

if TYPE_CHECKING:
    from conftest import Database

MARK = re.compile(r"--> (\w+)")


def expected(sql: str) -> list[tuple[int, str]]:
    """What comments ``--> rule`` at the end of a statement's first line say."""
    return [(number, rule) for number, line in enumerate(sql.splitlines(), 1) for rule in MARK.findall(line)]


ON_NOTHING = """
create table orgs (id bigint generated always as identity primary key, name text);
create table if not exists orgs (id bigint, title text); --> hides_difference
create table if not exists orgs (id bigint, name text);
create table members (id bigint primary key, org_id bigint references orgs (id)); --> foreign_key_without_index
create table owners (id bigint primary key, org_id bigint references orgs (id));
create index on owners (org_id);
alter table members add column scratch int; --> undone_later
alter table members drop column scratch;
create table staging (id bigint);
insert into staging values (1);
drop table staging;
create temp table unused (a int); --> does_nothing
create temp table used (a int);
insert into used values (1);
set local work_mem = '10MB'; --> does_nothing
explain select 1; --> does_nothing
selec 1; --> does_not_run
alter table nowhere add column a int; --> does_not_run
alter table members add column (a int); --> does_not_run
grant select on members to somebody_of_the_server;
create function vacuumed() returns void language plpgsql as $$ begin vacuum orgs; end $$; --> refused_in_transaction
create function stamp() returns trigger language plpgsql as $$ --> broken_body
begin new.changed_at = now(); return new; end $$;
create trigger stamped before update on orgs for each row execute function stamp();
create function named() returns trigger language plpgsql as $$ begin new.name = upper(new.name); return new; end $$;
create trigger named before update on orgs for each row execute function named();
create function with_own_table() returns void language plpgsql as $$
begin create temp table mine (a int); insert into mine values (1); end $$;
create function noted() returns trigger language plpgsql as $$ <<outside>> declare kind text := tg_op; begin
insert into orgs (name) select outside.kind || name from (select name from changed) c where name <> tg_op; return null;
exception when others then raise; end $$;
create trigger noted after update on orgs referencing new table as changed for each statement execute function noted();
create function one(org bigint) returns text language plpgsql as $$ declare found_name text; begin
select name into found_name from orgs where id = one.org; return found_name; end $$;
create function other(org bigint) returns text language sql as $$ select name from orgs where id = other.org $$;
alter table members enable row level security; --> row_security_without_policy
alter table owners enable row level security;
create policy everybody on owners using (true); --> always_true_policy
-- pgclinic: ignore does_nothing
show work_mem;
begin; --> never_committed
create index concurrently on orgs (name); --> refused_in_transaction
"""


@pytest.mark.server
def test_each_mistake_on_an_empty_schema() -> None:
    result = reviewed(ON_NOTHING)
    assert sorted(found(result)) == sorted(expected(ON_NOTHING))


BREAKING = """
alter table orders rename column note to remark; --> breaks_what_uses_it
drop view open_orders cascade;
alter table orders drop column status cascade; --> breaks_what_uses_it
drop index events_order_id_idx; --> drops_used_index
alter table orders rename column customer_id to client_id; --> breaks_what_uses_it
alter table customers add column country text not null; --> fails_on_rows
create unique index concurrently on events (kind); --> fails_on_rows
create unique index concurrently on customers (email);
create view names as select name from customers;
"""


@pytest.mark.server
def test_what_the_workload_and_functions_use_must_stay(database: "Database") -> None:
    sql = "set lock_timeout = '1s';" + BREAKING
    result = reviewed(
        sql, seen(database), workload=text_of("workload.sql"), ignore=("builds_index_under_lock", "unused_new_index")
    )
    assert found(result) == expected(sql)


@pytest.mark.server
def test_what_writes_the_same_rows_again_is_not_told_to_add_a_column(database: "Database") -> None:
    repack = "vacuum full orders; cluster orders using orders_pkey;"
    sql = f"set lock_timeout = '1s'; {repack} alter table orders add token uuid default gen_random_uuid();"
    advice = [
        each.finding.advice
        for each in reviewed(sql, seen(database)).objections
        if each.finding.check == "rewrites_table"
    ]
    assert ["pg_repack" in each for each in advice] == [True, True, False]


def test_every_rule_has_its_page_in_three_parts() -> None:
    assert len(reviews.names()) > 15
    for name in reviews.names():
        documentation = reviews.load(name).documentation
        parts = [documentation.find(part) for part in ("What it sees:", "Why it matters:", "What to do:")]
        assert -1 < parts[0] < parts[1] < parts[2], name


def test_the_guide_is_what_make_docs_writes() -> None:
    """And so is the contract of the JSON."""
    root = Path(__file__).parents[2]
    guide = (root / "docs" / "review.md").read_text()
    script = runpy.run_path(str(root / "scripts" / "review_page.py"))
    assert guide == script["page"](guide)
    assert json.loads((root / "docs" / "schema" / "review.json").read_text()) == review_json.schema()


def test_statements_keep_their_lines_whatever_stands_around_them() -> None:
    text = (
        "\ufeff\\set x 1\n-- a; b\n/* ; /* ; */ */\ncopy t (a) from stdin;\n1;'\n\\.\nselect ';', $a$;$a$, E'\\';';\n"
    )
    held = migration_file.read(text, "m.sql").statements
    assert [(each.line, each.sql.split()[0], each.has_data) for each in held] == [
        (4, "copy", True),
        (7, "select", False),
    ]


@pytest.mark.parametrize(
    ("text", "in_transaction"),
    [
        ("-- migrate:up\nselect 1;\n-- migrate:down\nselec 2;", True),
        ("-- migrate:up transaction:false\nselect 1;\n-- migrate:down\nselec 2;", False),
        ("-- +goose Up\nselect 1;\n-- +goose Down\nselec 2;", True),
        ("-- +goose NO TRANSACTION\n-- +goose Up\nselect 1;", True),
        ("select 1;", False),
    ],
)
def test_the_way_back_in_a_file_is_not_run(text: str, *, in_transaction: bool) -> None:
    held = migration_file.read(text, "m.sql")
    assert [each.sql for each in held.statements] == ["select 1"]
    assert held.in_transaction is in_transaction


@pytest.mark.parametrize("text", ["\\i other.sql", "select 1 \\gexec", "\\connect other", "\\! rm -rf /"])
def test_what_only_psql_can_do_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(UserError, match=r"m\.sql:2: review cannot follow psql's"):
        migration_file.read(f"select 1;\n{text}\n", "m.sql")


def test_rows_without_an_end_are_refused() -> None:
    with pytest.raises(UserError, match=r"m\.sql:1: the rows of COPY"):
        migration_file.read("copy t from stdin;\n1\n", "m.sql")


def test_a_body_is_read_with_its_variables_as_nulls() -> None:
    body = bodies.body_of(
        "create function f() returns trigger language plpgsql as $$ declare v text; r record; begin"
        " new.a := v; select x into v from t where b = old.c; for r in select * from u loop"
        " update w set d = r.e; end loop; execute 'refresh materialized view concurrently m'; return new; end $$"
    )
    assert {query.sql for query in bodies.constant_queries(body)} == {
        "SELECT NULL::text",
        "SELECT x FROM t WHERE b = NULL",
        "SELECT * FROM u",
        "UPDATE w SET d = NULL",
        "SELECT 'refresh materialized view concurrently m'",
        "refresh materialized view concurrently m",
    }
    assert body.rows == {"a", "c"}


@pytest.mark.parametrize(
    ("sql", "made", "removed"),
    [
        ("create table s.t (a int, b text)", {"t", "a", "b"}, set()),
        ("alter table t drop column a, add column b int", {"b"}, {"a"}),
        ("alter table t rename column a to b", {"b"}, {"a"}),
        ("drop table s.t, u", set(), {"t", "u"}),
        ("drop function f(int)", set(), {"f"}),
        ("drop policy p on t", set(), {"p"}),
        ("not sql", set(), set()),
    ],
)
def test_what_a_statement_makes_and_removes(sql: str, made: set[str], removed: set[str]) -> None:
    deed = deeds.read(sql)
    assert (deed.makes, deed.removes) == (made, removed)


@pytest.mark.server
def test_statements_that_want_a_superuser_or_an_extension_are_said_to_be_unexamined() -> None:
    result = reviewed(
        "create extension pg_cron;\nselect cron.schedule('a', '* * * * *', 'select 1');\n"
        "alter system set work_mem = '1MB';"
    )
    assert found(result) == []
    assert [each.verdict for each in result.statements] == [Verdict.NOT_RUN] * 3


@pytest.mark.server
@pytest.mark.parametrize("name", ["dbmate", "django", "dumped", "rails", "supabase"])
def test_what_tools_write_is_run_and_nothing_objected_to(name: str) -> None:
    result = reviewed(text_of(f"styles/{name}.sql"))
    assert found(result) == []
    left = [each.sql for each in result.statements if each.verdict is not Verdict.RAN]
    assert [sql for sql in left if not sql.startswith("COPY")] == []


@pytest.mark.server
def test_a_file_that_its_tool_wraps_in_a_transaction() -> None:
    sql = "create table t (a int primary key);\ncreate index concurrently on t (a);\nset transaction read write;"
    assert found(reviewed(sql, single_transaction=True)) == [(2, "refused_in_transaction"), (3, "does_nothing")]


@pytest.mark.server
def test_rows_that_are_returned_are_thrown_away_and_too_many_are_stopped() -> None:
    result = reviewed(
        "select repeat('x', 1000000) from generate_series(1, 100000);\ncreate table t (a int);\n"
        "begin;\nset transaction isolation level serializable;\ninsert into t values (1);\ncommit;"
    )
    assert [each.verdict for each in result.statements][1:] == [Verdict.RAN] * 5
