from typing import Any

import pytest

from pgclinic.demo.workload_script import demo_script
from pgclinic.model.workload import Load
from pgclinic.verbs.demo_work import work
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prove import prove

_STATE = """
    select 'calls', count(*), sum(hashtext(v::text)::bigint) from vapi_calls v
    union all select 'logs', count(*), sum(hashtext(l::text)::bigint) from call_logs l
    union all select 'leads', count(*), sum(hashtext(l::text)::bigint) from leads l
    order by 1
"""


def test_the_workload_is_the_described_one() -> None:
    tasks = {task.name: task for task in demo_script().tasks}
    assert len(tasks["dashboard page"].steps) == 8
    assert [step.repeat for step in tasks["calls with their leads, one by one"].steps] == [1, 100]
    assert tasks["import of 1,000 rows"].steps[0].repeat == 1000
    assert {name for name, task in tasks.items() if any(step.writes for step in task.steps)} == {
        "import of 1,000 rows",
        "import of 1,000 rows in one batch",
        "end of a call",
        "purge of old logs",
    }


@pytest.mark.server
def test_every_statement_runs_and_the_database_stays_as_it_was(database_on_each: Any, fill: Any) -> None:
    fill(database_on_each)
    before = database_on_each.execute(_STATE)
    run = drive(prove(database_on_each.conninfo, demo_script(), Load(repeat=1, connections=2, include_writes=True)))
    assert {statement.name: statement.errors for statement in run.statements if statement.errors} == {}
    names = {step.name for task in demo_script().tasks for step in task.steps}
    assert {statement.name for statement in run.statements} == names
    # So small a database may have no such call since midnight.
    assert {statement.name for statement in run.statements if not statement.rows} <= {"P1 calls today"}
    assert database_on_each.execute(_STATE) == before


@pytest.mark.server
def test_two_runs_of_the_same_seed_have_the_same_results(database: Any, fill: Any) -> None:
    fill(database)
    first, second = (drive(prove(database.conninfo, demo_script(), Load(repeat=2, connections=3))) for _ in range(2))
    assert [s.result_hash for s in first.statements] == [s.result_hash for s in second.statements]
    assert [(s.calls, s.rows) for s in first.statements] == [(s.calls, s.rows) for s in second.statements]


@pytest.mark.server
def test_work_keeps_statistics_telling_the_story_and_itself_out_of_it(database: Any, fill: Any) -> None:
    fill(database)
    database.execute("create extension pg_stat_statements")
    database.execute("select pg_stat_statements_reset()")
    drive(work(database.conninfo, seconds=2, connections=2))
    rows = database.execute(
        "select query from pg_stat_statements s join pg_database d on d.oid = s.dbid where datname = current_database()"
    )
    texts = [text for (text,) in rows]
    assert any("from vapi_calls\nwhere phone_number = $1" in text for text in texts)
    assert not [text for text in texts if "tablesample" in text or text.startswith("explain")]
