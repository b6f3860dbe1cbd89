import contextlib

import pytest

from pgclinic.model.names import RelationName
from pgclinic.sql.expressions import (
    calls_outside_subselects,
    is_always_true,
    is_clock,
    is_only_not_null,
    sequence_of,
    texts_compared_without_columns,
)
from pgclinic.sql.narrowing import TableReference, table_references
from pgclinic.sql.statements import UnreadableSqlError, has_parsed_body, kind


@pytest.mark.parametrize(
    ("expression", "calls"),
    [
        ("(auth.role() = 'service_role'::text)", ["auth.role()"]),
        ("(( SELECT auth.uid() AS uid) = owner)", []),
        ("owner = coalesce(nullif(current_setting('app.user', true), ''), 'x')", ["current_setting()"]),
        ("auth.may_see(owner)", []),
        ("auth.may_see(id, auth.uid())", ["auth.uid()"]),
        ('"My Schema"."Do it"() and f() or f()', ["My Schema.Do it()", "f()"]),
        ("case when g() then owner = h(1) else false end", ["g()", "h()"]),
        ("exists (select from members m where m.id = t.id and m.who = auth.uid())", []),
        ("owner = any (array[k()]) -- the end", ["k()"]),
    ],
)
def test_calls_that_do_not_depend_on_the_row_are_found(expression: str, calls: list[str]) -> None:
    assert [str(call) for call in calls_outside_subselects(expression)] == calls


@pytest.mark.parametrize(
    ("expression", "truth"),
    [
        ("true", True),
        ("(1 = 1)", True),
        ("('a'::text = 'a'::text)", True),
        ("owner = 'x' or true", True),
        ("not false and 2 = 2", True),
        ("true and owner = 'x'", False),
        ("null = null", False),
        ("null", False),
        ("1 = 2", False),
        ("owner = owner", False),
        ("'true'", False),
        ("(select true)", False),
    ],
)
def test_truth_is_told_by_form_alone(expression: str, *, truth: bool) -> None:
    assert is_always_true(expression) is truth


def test_a_predicate_that_leaves_out_only_nulls_is_recognised() -> None:
    assert is_only_not_null("(parent IS NOT NULL)")
    assert not is_only_not_null("(parent IS NULL)")
    assert not is_only_not_null("((parent IS NOT NULL) AND (state = 1))")


@pytest.mark.parametrize(
    "text", ["", "a +", "1) from t; drop table t --", "x, y)(", "1) union select (2", "1); select (2"]
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(UnreadableSqlError):
        is_always_true(text)


@pytest.mark.parametrize(
    ("sql", "narrowed", "whole"),
    [
        ("select * from orders where id = $1", {"orders"}, set()),
        ("select sum(x) from orders", set(), {"orders"}),
        ("select * from app.orders order by x limit $1", {"orders"}, set()),
        ("select * from a join b using (id)", {"a", "b"}, set()),
        ("select * from a cross join b", set(), {"a", "b"}),
        ("select count(*) from (select * from a where x = 1) as t", {"a"}, set()),
        ("with a as (select * from b) select * from a where x = 1", set(), {"b"}),
        ("update a set x = 1 from b where a.id = b.id", {"a", "b"}, set()),
        ("delete from a", set(), {"a"}),
        ("insert into a select * from b where x = 1", {"b"}, set()),
        ("select exists (select from a where id = 1)", {"a"}, set()),
    ],
)
def test_tables_of_which_a_part_is_asked(sql: str, narrowed: set[str], whole: set[str]) -> None:
    references = table_references(sql)
    assert {one.name for one in references if one.is_narrowed} == narrowed
    assert {one.name for one in references if not one.is_narrowed} == whole


def test_a_schema_is_kept() -> None:
    assert table_references('select from "My App"."Orders"') == {TableReference("My App", "Orders", is_narrowed=False)}


@pytest.mark.parametrize("depth", [20, 60, 1_000, 10_000])
def test_what_is_nested_too_deeply_is_unreadable_and_no_crash(depth: int) -> None:
    for expression in (
        "f(" * depth + "1" + ")" * depth,
        "not " * depth + "true",
        "(select " * depth + "1" + ")" * depth,
    ):
        with contextlib.suppress(UnreadableSqlError):
            calls_outside_subselects(expression)
        with contextlib.suppress(UnreadableSqlError):
            is_always_true(expression)
        with contextlib.suppress(UnreadableSqlError):
            kind(f"select {expression}")


@pytest.mark.parametrize(
    ("expression", "texts"),
    [
        ("(auth.role() = 'service_role'::text)", {"service_role"}),
        ("('a'::name = CURRENT_USER)", {"a"}),
        ("(( SELECT auth.role() AS role) = ANY (ARRAY['a'::text, 'b'::text]))", {"a", "b"}),
        ("f() in ('a', 'b') and not (g() = 'c')", {"a", "b", "c"}),
        ("owner = 'a'", set()),
        ("f(owner) = 'a'", set()),
        ("f() <> 'a' or f() like 'a'", set()),
        ("'a' = 'a'", set()),
        ("f() = 1", set()),
    ],
)
def test_texts_that_are_compared_with_what_no_row_decides(expression: str, texts: set[str]) -> None:
    assert texts_compared_without_columns(expression) == texts


@pytest.mark.parametrize(
    ("default", "sequence"),
    [
        ("nextval('public.orders_id_seq'::regclass)", RelationName("public", "orders_id_seq")),
        ("(nextval('app.\"Order Numbers\"'::regclass))::integer", RelationName("app", "Order Numbers")),
        ('nextval(\'"a""b"\'::regclass)', RelationName("", 'a"b')),
        ("(nextval('q'::regclass) + 7)", None),
        ("currval('q'::regclass)", None),
        ("nextval('a, b'::regclass)", None),
        ("7", None),
    ],
)
def test_the_sequence_of_a_default_is_found(default: str, sequence: RelationName | None) -> None:
    assert sequence_of(default) == sequence


def test_the_clock_is_told_from_what_is_made_of_it() -> None:
    assert all(map(is_clock, ("now()", "CURRENT_TIMESTAMP(3)", "LOCALTIMESTAMP", "clock_timestamp()")))
    assert not any(map(is_clock, ("timezone('utc'::text, now())", "now() + '1 day'::interval", "f()")))


def test_a_body_that_was_parsed_is_told_from_a_text() -> None:
    head = "create function f(a integer) returns integer language sql"
    assert has_parsed_body(f"{head} begin atomic select a; end")
    assert has_parsed_body(f"{head} return a")
    assert not has_parsed_body(f"{head} as $$ select a $$")
