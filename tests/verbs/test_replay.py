"""A database's own workload is run again: with values that fit, without what acts on the server."""

from typing import TYPE_CHECKING

import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.workload import Load, SeenStatement
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prove import prove
from pgclinic.verbs.replay import replay

if TYPE_CHECKING:
    from conftest import Database
    from pgclinic.model.snapshot import Snapshot

pytestmark = pytest.mark.server

_SCHEMA = """
    create extension pg_stat_statements;
    create table orders (id bigint primary key, state text, placed timestamptz, total numeric);
    insert into orders
    select n, (array['new', 'sent', 'paid'])[n % 3 + 1], now() - n * interval '1 minute', n / 7.0
    from generate_series(1, 3000) n;
    create table "Odd Log" ("Id" int, note text);
    analyze orders
"""


def snapshot_of(database: "Database") -> "Snapshot":
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


def notes_of(database: "Database", *statements: str) -> tuple["Snapshot", list[str]]:
    database.execute(_SCHEMA)
    with database.connect() as connection:
        connection.execute("select pg_stat_statements_reset()")
        for statement in statements:
            connection.execute(statement)
    return snapshot_of(database), []


def test_what_was_counted_runs_again_with_values_drawn_from_statistics(database_on_each: "Database") -> None:
    snapshot, notes = notes_of(
        database_on_each,
        "select * from orders where id = 17",
        "select count(*), sum(total) from orders where state = 'new' and placed > now() - interval '3 hours'",
        "select * from orders where state in ('new', 'sent') order by placed desc limit 20",
        "select * from orders where id between 100 and 200",
        "delete from orders where id = 5",
        """insert into "Odd Log" values (1, 'kept secret')""",
        "create table unplanned (id int)",
    )
    script = drive(replay(snapshot), lambda progress: notes.append(progress.note))
    # What the table was filled with and created by was forgotten before; the insert has no values that are known.
    assert sorted(task.steps[0].sql.split()[0].lower() for task in script.tasks) == ["delete"] + ["select"] * 4
    assert all(len(task.steps[0].variants) >= 1 for task in script.tasks)
    assert "kept secret" not in repr([task.name for task in script.tasks])
    assert any("no values are known" in note for note in notes)
    run = drive(prove(database_on_each.conninfo, script, Load(repeat=4, connections=2, leave_out_failing=True)))
    assert {latencies.errors for latencies in run.statements} == {0}
    assert len(run.statements) == 4
    assert any(latencies.rows for latencies in run.statements)


def test_a_log_is_run_with_the_values_it_has(database: "Database") -> None:
    snapshot, _ = notes_of(database)
    seen = [
        SeenStatement(sql=f"select total from orders where id = {number}", duration_ms=1.0) for number in (3, 5, 7, 7)
    ]
    script = drive(replay(snapshot, seen=seen))
    [task] = script.tasks
    assert sorted(task.steps[0].variants) == [f"SELECT total FROM orders WHERE id = {number}" for number in (3, 5, 7)]
    run = drive(prove(database.conninfo, script, Load(repeat=9, connections=1)))
    assert (run.statements[0].rows, run.statements[0].errors) == (9, 0)
    assert len(run.statements[0].result_hash.split()) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "select pg_terminate_backend(12345)",
        "select pg_advisory_lock(1)",
        "select set_config('work_mem', '1GB', false) from orders where id = 1",
        "select nextval('numbers')",
        "select count(*) from orders where id = (select pg_backend_pid())",
    ],
)
def test_what_acts_on_the_server_is_not_run(database: "Database", statement: str) -> None:
    database.execute("create sequence numbers")
    snapshot, notes = notes_of(database, "select * from orders where id = 1", statement)
    script = drive(replay(snapshot), lambda progress: notes.append(progress.note))
    assert [task.steps[0].sql for task in script.tasks] == ["select * from orders where id = $1"]
    assert any("functions that act on the server" in note for note in notes)


def test_a_statement_that_fails_is_said_and_left_out(database: "Database") -> None:
    snapshot, notes = notes_of(database, "select * from orders where id = 1", "select count(*) from orders")
    script = drive(replay(snapshot))
    database.execute("alter table orders drop column id")
    failing = Load(repeat=3, leave_out_failing=True)
    run = drive(prove(database.conninfo, script, failing), lambda progress: notes.append(progress.note))
    assert len(run.statements) == 1
    assert any("1 statements fail and are left out: column" in note for note in notes)
    with pytest.raises(UserError, match="of the workload fails: column"):
        drive(prove(database.conninfo, script, Load(repeat=3)))


def test_a_database_that_was_asked_nothing_has_nothing_to_run(database: "Database") -> None:
    snapshot, _ = notes_of(database)
    with pytest.raises(UserError, match="No statement of pg_stat_statements can be run again"):
        drive(replay(snapshot))
