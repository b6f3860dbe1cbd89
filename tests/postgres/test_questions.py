"""Many questions in one round trip."""

import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.postgres.questions import answers
from pgclinic.probes.query import Query

if TYPE_CHECKING:
    from tests.conftest import Database

pytestmark = pytest.mark.server


def test_a_failure_is_one_answer_among_others(database_on_each: "Database") -> None:
    with database_on_each.connect() as connection, connection.transaction():
        first, second, third, fourth = answers(
            connection,
            [
                Query("select 1 as a, null as b"),
                Query("select 1 / 0 as a"),
                Query("select $1 as c", ("é🐘",)),
                Query("not even SQL"),
            ],
        )
        assert connection.execute("select 1").fetchall() == [(1,)]
    assert first.rows == (b'{"a":1}',)
    assert (second.rows, second.sqlstate, second.as_sentence) == ((), "22012", "Division by zero.")
    assert third.rows[0].decode() == '{"c":"é🐘"}'
    assert fourth.sqlstate == "42601"


def test_no_questions_no_answers(database: "Database") -> None:
    with database.connect() as connection, connection.transaction():
        assert answers(connection, []) == []


def test_what_one_question_does_another_does_not_see(database: "Database") -> None:
    with database.connect() as connection, connection.transaction():
        answers(connection, [Query("select set_config('work_mem', '1MB', true)")])
        assert connection.execute("show work_mem").fetchall() == [("4MB",)]


def test_large_questions_and_answers_do_not_deadlock(database: "Database") -> None:
    with database.connect() as connection, connection.transaction():
        large = "x" * 2_000_000
        found = answers(connection, [Query("select $1 as a", (large,))] * 10)
    assert {len(answer.rows[0]) for answer in found} == {2_000_000 + len('{"a":""}')}


def test_a_connection_that_dies_halfway_is_an_error(database: "Database") -> None:
    with database.connect() as connection, database.connect() as killer:
        pid = connection.info.backend_pid

        def kill() -> None:
            time.sleep(0.3)
            killer.execute("select pg_terminate_backend(%s)", [pid])

        thread = threading.Thread(target=kill)
        thread.start()
        with pytest.raises(psycopg.OperationalError), connection.transaction():
            answers(connection, [Query("select pg_sleep(20)"), Query("select 1")])
        thread.join()
