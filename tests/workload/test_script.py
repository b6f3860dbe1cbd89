import pytest

from pgclinic.model.errors import UserError
from pgclinic.workload.script import parse_script

FULL = """\
-- About the page, for people.
-- task: order page
-- weight: 2.5

-- name: orders of a customer
-- parameters: select id
--     from customers
--     order by id limit 10;
-- repeat: 3
-- setup: set local role staff;
-- setup: set local app.tenant = '7'
select *  -- everything
from orders where customer_id = $1;

-- Another comment: with a colon.
update orders set seen = true where id = 1;
"""


def test_comments_say_what_a_statement_needs() -> None:
    [task] = parse_script({"page.sql": FULL}, source="here").tasks
    assert (task.name, task.weight) == ("order page", 2.5)
    first, second = task.steps
    assert first.name == "orders of a customer"
    assert first.parameters_sql == "select id\nfrom customers\norder by id limit 10"
    assert first.repeat == 3
    assert first.setup == ("set local role staff", "set local app.tenant = '7'")
    assert first.sql == "select *  -- everything\nfrom orders where customer_id = $1"
    assert (first.writes, second.writes) == (False, True)
    assert (second.name, second.repeat, second.parameters_sql) == ("order page 2", 1, "")


def test_a_plain_file_is_a_task_named_after_it() -> None:
    script = parse_script({"z_report.sql": "select 2", "some/a_report.sql": "select 'a;b' as x;\n"})
    assert [(task.name, task.steps[0].name) for task in script.tasks] == [
        ("a report", "a report"),
        ("z report", "z report"),
    ]


def test_a_semicolon_inside_a_string_or_function_does_not_end_a_statement() -> None:
    [task] = parse_script({"a.sql": "select ';', $$ -- name: no\n; $$; select 2"}).tasks
    assert len(task.steps) == 2


def test_the_same_statement_may_stand_in_two_tasks() -> None:
    text = "-- name: one\nselect 1;"
    assert len(parse_script({"a.sql": text, "b.sql": text}).tasks) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("selec 1", "a.sql is not SQL.*at line 1"),
        ("", "no statement"),
        ("-- only words", "no statement"),
        ("-- repeat: often\nselect 1", "repeat must be a number above zero, not 'often'"),
        ("-- repeat: 1.5\nselect 1", "whole number"),
        ("-- repeat: 0\nselect 1", "above zero"),
        ("-- weight: -1\nselect 1", "weight must be a number above zero"),
        ("-- weight: inf\nselect 1", "weight must be a number above zero"),
        ("-- weight: nan\nselect 1", "weight must be a number above zero"),
        ("vacuum", "not a select"),
        ("commit", "not a select"),
        ("copy t to program 'sh'", "not a select"),
        ("-- parameters: delete from t returning id\nselect $1", "only reads"),
        ("-- parameters: select 1; drop table t\nselect $1", "several statements"),
        ("-- parameters: select from from\nselect $1", "is not SQL"),
        ("-- setup: commit\nselect 1", "must be 'set local"),
        ("-- setup: set local role x; drop table t\nselect 1", "several statements"),
        ("-- setup: set role x\nselect 1", "must be 'set local"),
        ("-- name: x\nselect 1; -- name: x\nselect 2", "called 'x'"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=f"(?s){sentence}") as refused:
        parse_script({"a.sql": text})
    assert "\n" not in str(refused.value)
