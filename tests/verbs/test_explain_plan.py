"""A plan read aloud, and what the twin says to it."""

from typing import TYPE_CHECKING, Any

import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.plan_reading import PlanReading
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.report import plan_reading_text
from pgclinic.report.plan_reading_words import created, treatment
from pgclinic.verbs.driving import drive
from pgclinic.verbs.explain_plan import explain_plan
from pgclinic.workload.script import parse_script

if TYPE_CHECKING:
    from conftest import Database

SCHEMA = """
create table orders (id int primary key, customer_id int not null, status text not null, note text not null);
insert into orders select n, n % 5000, case when n % 100 = 0 then 'open' else 'paid' end, repeat('note ', 10)
    from generate_series(1, 60000) n;
"""
QUERY = "select * from orders where customer_id = 77"
LOG = """\
2026-11-27 07:00:00.000 UTC [1] app@shop LOG:  duration: 12.345 ms  plan:
\tQuery Text: select * from orders where customer_id = $1
\tQuery Parameters: $1 = '77'
\tSeq Scan on orders  (cost=0.00..1500.00 rows=12 width=66) (actual time=0.1..12.0 rows=12 loops=1)
\t  Filter: (customer_id = 77)
\t  Rows Removed by Filter: 59988
2026-11-27 07:00:01.000 UTC [1] app@shop LOG:  duration: 2.345 ms  plan:
\tQuery Text: select 1
\tResult  (cost=0.00..0.01 rows=1 width=4) (actual time=0.001..0.001 rows=1 loops=1)
"""


def prepared(database: "Database") -> tuple[str, Snapshot]:
    database.execute(SCHEMA)
    database.execute("vacuum analyze orders")
    text = "\n".join(line for (line,) in database.execute(f"explain (analyze, buffers) {QUERY}"))
    with open_session(database.conninfo, statement_timeout_ms=30_000) as session:
        return text, drive(collect(session))


def aloud(text: str, **more: Any) -> PlanReading:
    return drive(explain_plan(text, **more))


def query(sql: str = QUERY) -> Any:
    return parse_script({"q.sql": sql})


@pytest.mark.server
def test_the_twin_confirms_what_helps(database_on_each: "Database") -> None:
    text, snapshot = prepared(database_on_each)
    found = aloud(text, snapshot=snapshot, query=query())
    (scan,) = [each for each in found.readings if each.reading == "wide_scan"]
    (index,) = treatment(scan, found)
    assert "(customer_id)" in index.do[0].sql
    assert index.gains[0].cost_after < index.gains[0].cost_before / 10
    printed = plan_reading_text.text(found)
    assert "on the twin" in printed
    assert "(planned)" in printed
    assert "rule of thumb" not in printed


@pytest.mark.server
def test_a_log_tells_the_statement_with_its_values(database: "Database") -> None:
    _, snapshot = prepared(database)
    found = aloud(LOG, snapshot=snapshot)
    assert (found.number, found.plans, found.total_ms) == (1, 2, 12.345)
    assert any("(customer_id)" in each.do[0].sql for each in created(found))
    assert aloud(LOG, number=2).steps[0].node.title == "Result"


@pytest.mark.server
def test_where_nothing_helps_the_twin_says_so(database: "Database") -> None:
    text, snapshot = prepared(database)
    found = aloud(text, snapshot=snapshot, query=query("select count(*) from orders where note like 'note%'"))
    assert created(found) == []
    assert "No index was found that makes the statement cheaper." in plan_reading_text.text(found)


@pytest.mark.server
def test_what_the_twin_cannot_plan_is_one_sentence(database: "Database") -> None:
    text, snapshot = prepared(database)
    for sql in ("select * from nowhere", "select broken from orders"):
        with pytest.raises(UserError, match="cannot be planned"):
            aloud(text, snapshot=snapshot, query=query(sql))
    with pytest.raises(UserError, match="give it with --query"):
        aloud(text, snapshot=snapshot)


def test_without_a_target_advice_is_a_rule_of_thumb() -> None:
    found = aloud(LOG)
    assert [each.reading for each in found.readings] == ["wide_scan"]
    assert found.course is None
    assert "rule of thumb" in plan_reading_text.text(found)


def test_a_plan_that_is_not_there_is_not_chosen() -> None:
    with pytest.raises(UserError, match="the text holds 2"):
        aloud(LOG, number=3)
    with pytest.raises(UserError, match="2 statements"):
        aloud(LOG, query=query("select 1; select 2"))
