import threading
import time
from typing import Any

import psycopg
import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.prescription import Gather, Replacement, StatementMapping
from pgclinic.model.proof import Latencies, Run
from pgclinic.model.workload import Load
from pgclinic.postgres.measure import measure
from pgclinic.sql.statements import fingerprint
from pgclinic.verbs.driving import drive
from pgclinic.workload.script import parse_script
from pgclinic.workload.times import read_times

pytestmark = pytest.mark.server

_SETTING_UP = """
    create table items (id integer primary key, name text, tags text[], document jsonb, price numeric);
    insert into items
    select n, 'name "' || n || '"\\', array['a', null], '{"n": 1}', n / 7.0 from generate_series(1, 100) n;
    create table seen (id integer primary key, note text);
"""

# The runner's own sessions keep out of pg_stat_statements; the measured ones do not.
_ZERO_WHEN_MEASURED = "(case current_setting('pg_stat_statements.track') when 'none' then 1 else 0 end)"
_LEFT = """
    select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state = 'active'
"""
_HANG_UP = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and query like '%pg_sleep%'
"""


@pytest.fixture
def items(database: Any) -> Any:
    database.execute(_SETTING_UP)
    return database


def _measured(database: Any, text: str, **options: Any) -> Run:
    mappings = options.pop("mappings", ())
    load = Load(**({"repeat": 1, "connections": 2} | options))
    return drive(measure(database.conninfo, parse_script({"t.sql": text}), load, mappings=mappings))


def _only(run: Run) -> Latencies:
    [statement] = run.statements
    return statement


def test_each_task_runs_its_weight_times_the_repeats(items: Any) -> None:
    script = parse_script({"a.sql": "-- weight: 3\nselect 1", "b.sql": "-- weight: 0.01\n-- repeat: 4\nselect 2"})
    run = drive(measure(items.conninfo, script, Load(repeat=10, connections=3)))
    assert {task.name: task.calls for task in run.tasks} == {"a": 30, "b": 1}
    assert {statement.name: statement.calls for statement in run.statements} == {"a": 30, "b": 4}
    assert run.overall.calls == 34
    assert run.overall.errors == 0


def test_parameters_keep_their_types_and_nulls(items: Any) -> None:
    text = """
    -- parameters: select id, name, tags, document, price, null::date, now() from items order by id
    select count(*) from items
    where id = $1 and name = $2 and tags = $3 and document = $4 and price = $5 and ($6 is null) and $7 <= now();
    """
    run = _measured(items, text, repeat=20)
    assert (_only(run).errors, _only(run).rows) == (0, 20)


def test_one_turn_uses_consecutive_parameters(items: Any) -> None:
    text = "-- repeat: 100\n-- parameters: select id from items order by id\nselect name from items where id = $1;"
    whole = _measured(items, "select name from items")
    turns = _measured(items, text, repeat=2)
    assert _only(turns).rows == 200
    hashes = {pair.split(":")[1] for pair in _only(turns).result_hash.split()}
    assert hashes == {pair.split(":")[1] for pair in _only(whole).result_hash.split()}


def test_results_are_hashed_whatever_their_order(items: Any) -> None:
    up, down = (_only(_measured(items, f"select * from items order by id {way}")) for way in ("asc", "desc"))
    assert up.result_hash == down.result_hash
    items.execute("update items set price = null where id = 7")
    assert _only(_measured(items, "select * from items order by id")).result_hash != up.result_hash


def test_reads_cannot_write(items: Any) -> None:
    items.execute("create function sneak() returns int language sql as 'insert into seen values (1) returning id'")
    with pytest.raises(UserError, match="read-only transaction"):
        _measured(items, "select sneak()")
    assert items.execute("select count(*) from seen") == [(0,)]


def test_writes_are_left_out_unless_asked_for_and_rolled_back(items: Any) -> None:
    script = {
        "read.sql": "select 1",
        "write.sql": "-- repeat: 5\n-- parameters: select generate_series(1, 50)\ninsert into seen values ($1);",
    }
    run = drive(measure(items.conninfo, parse_script(script), Load(repeat=1)))
    assert [task.name for task in run.tasks] == ["read"]
    run = drive(measure(items.conninfo, parse_script(script), Load(repeat=4, include_writes=True)))
    assert {statement.name: (statement.calls, statement.errors) for statement in run.statements} == {
        "read": (4, 0),
        "write": (20, 0),
    }
    assert items.execute("select count(*) from seen") == [(0,)]
    with pytest.raises(UserError, match=r"Every task of .* writes"):
        _measured(items, "delete from items")


def test_what_is_left_out_is_said(items: Any) -> None:
    texts = {"read.sql": "select 1", "write.sql": "insert into seen values (1)"}
    notes: list[str] = []
    drive(measure(items.conninfo, parse_script(texts), Load(repeat=1)), lambda progress: notes.append(progress.note))
    assert [note for note in notes if note] == [
        "not run, because it writes: write (--include-writes runs it and rolls it back)"
    ]


def test_a_timeout_counts_as_an_error_and_with_its_time(items: Any) -> None:
    run = _measured(
        items, "select pg_sleep(case when pg_is_in_recovery() then 0 else 5 end)", repeat=5, statement_timeout_ms=50
    )
    assert (_only(run).calls, _only(run).errors) == (5, 5)
    assert 45 <= (_only(run).p50_ms or 0) < 2000
    assert _only(run).result_hash == ""


def test_a_statement_that_is_refused_tells_no_time(items: Any) -> None:
    statement = _only(_measured(items, f"select 1 / {_ZERO_WHEN_MEASURED}", repeat=7))
    assert (statement.calls, statement.errors, statement.p50_ms, statement.max_ms) == (7, 7, None, None)


def test_a_statement_that_never_worked_is_refused(items: Any) -> None:
    with pytest.raises(UserError, match="'t' of the workload fails: division by zero"):
        _measured(items, "select 1 / (select 0)")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("select * from nowhere", "'t' of the workload fails: relation \"nowhere\" does not exist"),
        ("select $1::int", "'t' of the workload fails"),
        ("-- parameters: select 1 where false\nselect $1::int", "no rows at all"),
        ("-- parameters: select nothing\nselect $1::int", "cannot be had"),
    ],
)
def test_a_workload_for_another_database_is_refused(items: Any, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        _measured(items, text)


def test_setup_holds_for_its_statement_only_and_is_not_timed(items: Any, role_name: str) -> None:
    items.execute(f"create role {role_name}")
    text = f"""
    -- setup: set local role {role_name}
    -- name: theirs
    select current_user;
    -- name: mine
    select session_user = current_user;
    """
    run = _measured(items, text)
    theirs, mine = (next(s for s in run.statements if s.name == name) for name in ("theirs", "mine"))
    assert theirs.errors == mine.errors == 0
    expected = _only(_measured(items, "-- name: mine\nselect true"))
    assert mine.result_hash == expected.result_hash


def test_seconds_are_honoured_even_in_the_middle_of_a_statement(items: Any) -> None:
    started = time.monotonic()
    run = _measured(items, f"select pg_sleep(30 - 30 * {_ZERO_WHEN_MEASURED})", seconds=0.5, repeat=None)
    assert time.monotonic() - started < 8
    assert _only(run).errors == 2
    assert (_only(run).max_ms or 0) > 500


def test_seconds_draw_tasks_by_weight(items: Any) -> None:
    script = parse_script({"a.sql": "-- weight: 9\nselect 1", "b.sql": "select 2"})
    run = drive(measure(items.conninfo, script, Load(seconds=1, connections=2)))
    calls = {task.name: task.calls for task in run.tasks}
    assert 5 < calls["a"] / calls["b"] < 15


def test_closing_the_run_stops_every_session(items: Any) -> None:
    run = measure(
        items.conninfo,
        parse_script({"t.sql": "select count(*) from generate_series(1, 1e12::bigint) n"}),
        Load(seconds=60, connections=3),
    )
    next(run)
    next(run)
    started = time.monotonic()
    run.close()
    assert time.monotonic() - started < 5
    assert items.execute(_LEFT) == [(0,)]


def test_a_server_that_hangs_up_is_said_in_a_sentence(items: Any) -> None:
    def hang_up() -> None:
        with psycopg.connect(items.conninfo, autocommit=True) as connection:
            for _ in range(100):
                if connection.execute(_HANG_UP).fetchall():
                    return
                time.sleep(0.05)

    killer = threading.Thread(target=hang_up)
    killer.start()
    with pytest.raises(UserError, match="measurement stopped"):
        _measured(items, "select pg_sleep(1)", repeat=4)
    killer.join()


def test_a_mapping_gathers_calls_into_a_batch_with_the_same_rows(items: Any) -> None:
    sql = "select id, name from items where id = $1 and name <> $2"
    text = f"-- repeat: 25\n-- parameters: select id, 'x' from items order by id\n{sql};"
    mapping = StatementMapping(
        original=fingerprint(sql),
        replacements=(
            Replacement(
                sql="select id, name from items where id = any ($1) and name <> $2",
                parameters=(Gather(1, as_array=True), Gather(2)),
            ),
        ),
        calls=10,
    )
    plain, mapped = (_only(_measured(items, text, repeat=3, mappings=given)) for given in ((), (mapping,)))
    assert plain.calls == mapped.calls == 75
    assert plain.rows == mapped.rows == 75
    assert plain.result_hash == mapped.result_hash != ""


def test_a_mapped_batch_of_writes_writes_every_row(items: Any) -> None:
    sql = "insert into seen values ($1, $2)"
    text = f"-- repeat: 20\n-- parameters: select id, name from items order by id\n{sql};"
    mapping = StatementMapping(
        original=fingerprint(sql),
        replacements=(
            Replacement(
                sql="insert into seen select * from unnest($1, $2)",
                parameters=(Gather(1, as_array=True), Gather(2, as_array=True)),
            ),
        ),
        calls=1000,
        equal_results="writes nothing back",
    )
    run = _measured(items, text, repeat=5, include_writes=True, mappings=(mapping,))
    assert (_only(run).calls, _only(run).rows, _only(run).errors) == (100, 100, 0)
    assert _only(run).p99_ms is not None  # a sample for each call: five batches alone would hold no such percentile


def test_a_mapping_finds_the_constants_that_the_application_sends_where_the_server_shows_parameters(items: Any) -> None:
    sql = "select id, name from items where name <> 'x' and id = $1 limit 3"
    text = f"-- repeat: 10\n-- parameters: select id from items order by id\n{sql};"
    mapping = StatementMapping(
        original=fingerprint(sql),
        sql="select id, name from items where name <> $2 and id = $1 limit $3",
        replacements=(
            Replacement(
                sql="select id, name from items where id = any ($1) and name <> $2 and $3::int = 3",
                parameters=(Gather(1, as_array=True), Gather(2), Gather(3)),
            ),
        ),
        calls=10,
    )
    plain, mapped = (_only(_measured(items, text, repeat=3, mappings=given)) for given in ((), (mapping,)))
    assert plain.rows == mapped.rows == 30
    assert plain.result_hash == mapped.result_hash != ""


def test_a_statement_that_is_not_the_one_of_the_mapping_is_sent_as_it_is(items: Any) -> None:
    sql = "select id from items where id in ($1, $2)"
    text = f"-- parameters: select id, id + 1 from items order by id\n{sql};"
    mapping = StatementMapping(
        original=fingerprint(sql),
        sql="select id from items where id in ($1)",
        replacements=(Replacement(sql="select id from items where false"),),
    )
    assert _only(_measured(items, text, repeat=2, mappings=(mapping,))).rows == 4


def test_statements_are_prepared_on_the_server_as_drivers_do(items: Any) -> None:
    run = _measured(items, "select 1 / (1 - count(*)) from pg_prepared_statements", repeat=20, connections=1)
    assert _only(run).errors > 0  # the error says that there was one


def test_amounts_that_make_no_sense_are_refused(items: Any) -> None:
    for options in ({"repeat": 0}, {"repeat": None, "seconds": -1}, {"repeat": None}, {"connections": 0}):
        with pytest.raises(UserError):
            _measured(items, "select 1", **options)


def test_too_many_connections_are_said_in_a_sentence(items: Any) -> None:
    with pytest.raises(UserError):
        _measured(items, "select pg_sleep(0.2)", repeat=200, connections=150)


def test_a_long_task_is_cut_short_when_time_is_over(items: Any) -> None:
    text = "-- repeat: 1000\nselect pg_sleep(0.05)"
    started = time.monotonic()
    run = _measured(items, text, seconds=0.5, repeat=None)
    assert time.monotonic() - started < 8
    [task] = run.tasks
    assert (task.calls, task.errors) == (2, 2)
    assert (task.max_ms or 0) > 500


def test_closing_the_run_does_not_finish_long_tasks(items: Any) -> None:
    script = parse_script({"t.sql": "-- repeat: 1000\nselect pg_sleep(0.1)"})
    run = measure(items.conninfo, script, Load(repeat=8, connections=2))
    for progress in run:
        if progress.step == "run the workload":
            break
    started = time.monotonic()
    run.close()
    assert time.monotonic() - started < 3


def test_results_that_change_by_themselves_are_not_compared(items: Any) -> None:
    assert _only(_measured(items, "select clock_timestamp()", repeat=3)).result_hash == ""


_STALL_MS = 300


def _stalled(items: Any, **options: Any) -> int:
    """How many of a run's calls took longer than ``_STALL_MS`` while a table was locked for a second."""

    def stall() -> None:
        with items.connect() as connection:
            time.sleep(1)
            with connection.transaction():
                connection.execute("lock table items in access exclusive mode")
                time.sleep(1)

    other = threading.Thread(target=stall)
    other.start()
    run = _measured(items, "select count(*) from items", repeat=None, seconds=3, connections=1, **options)
    other.join()
    assert run.overall.errors == 0
    return sum(count for ms, count in read_times(run.overall.histogram).buckets() if ms > _STALL_MS)


def test_in_open_loop_everybody_who_waited_behind_a_stall_counts(items: Any) -> None:
    assert _stalled(items) <= 2
    assert _stalled(items, rate=50) >= 20


def test_what_was_due_and_never_begun_is_counted_with_its_waiting(items: Any) -> None:
    run = _measured(items, "select pg_sleep(0.2)", repeat=None, seconds=2, connections=1, rate=50)
    [task] = run.tasks
    assert run.rate == 50
    assert run.not_begun >= 60
    assert task.errors >= run.not_begun
    assert task.calls <= 101
    assert task.max_ms is not None
    assert task.max_ms > 1000


def test_a_rate_that_is_kept_up_with_hides_and_adds_nothing(items: Any) -> None:
    run = _measured(items, "select 1", repeat=30, connections=2, rate=100)
    assert (_only(run).calls, run.not_begun, run.overall.errors) == (30, 0, 0)
    assert run.seconds > 0.25


def test_each_session_does_everything_once_before_the_clock_starts(items: Any) -> None:
    """What the sessions did is counted where statements are not."""
    items.execute("create extension pg_stat_statements")
    items.execute("create function noticed() returns int language plpgsql stable as 'begin return 1; end'")
    items.execute(f"alter database {items.name} set track_functions = 'pl'")
    text = "-- task: a\n-- name: one\nselect noticed();\n-- name: two\nselect noticed() from items where id = 1;"
    run = _measured(items, text, repeat=4, connections=3)
    assert {each.name: each.calls for each in run.statements} == {"one": 4, "two": 4}
    calls = "select sum(calls) from pg_stat_statements where query like 'select noticed%'"
    assert items.execute(calls) == [(8,)]
    # Once for the pages that it touches, once in each session, and as often as it is measured.
    known = "select coalesce(sum(calls), 0) from pg_stat_user_functions"
    for _ in range(200):
        if items.execute(known) == [(2 * (1 + 3 + 4),)]:
            return
        time.sleep(0.05)
    assert items.execute(known) == [(2 * (1 + 3 + 4),)]


def test_what_takes_long_is_cut_short_where_it_only_warms_up(items: Any) -> None:
    run = _measured(items, "select pg_sleep(0.3)", connections=2)
    statement = _only(run)
    assert (statement.calls, statement.errors) == (1, 0)
    assert statement.p50_ms is None or statement.p50_ms >= 300


def test_a_session_that_warms_up_with_writes_leaves_nothing(items: Any) -> None:
    text = "insert into seen values ($1, 'x');"
    text = f"-- name: seen\n-- parameters: select n from generate_series(1, 9) n\n{text}"
    mapping = StatementMapping(
        original=fingerprint("insert into seen values ($1, 'x')"),
        sql="insert into seen values ($1, 'x')",
        replacements=(
            Replacement(sql="insert into seen select unnest($1::int[]), 'x'", parameters=(Gather(1, as_array=True),)),
        ),
        calls=3,
    )
    run = _measured(items, text, repeat=3, include_writes=True, mappings=(mapping,))
    assert run.overall.errors == 0
    assert items.execute("select count(*) from seen") == [(0,)]
