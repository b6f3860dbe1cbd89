import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.workload import Omission, SeenStatement, Workload
from pgclinic.postgres.sampling import sampled
from pgclinic.verbs.driving import drive
from pgclinic.verbs.sample import sample
from pgclinic.workload.seen import joined

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server


class Running:
    """Statements that run in sessions of their own while the test looks at them."""

    def __init__(self, conninfo: str, *statements: str) -> None:
        self._connections = [psycopg.connect(conninfo, autocommit=True, application_name="shop") for _ in statements]
        self._threads = [
            threading.Thread(target=self._run, args=pair) for pair in zip(self._connections, statements, strict=True)
        ]

    @staticmethod
    def _run(connection: psycopg.Connection, statement: str) -> None:
        try:
            connection.execute(statement)
        except psycopg.errors.QueryCanceled:
            return

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.cancel_safe()
        for thread in self._threads:
            thread.join()
        for connection in self._connections:
            connection.close()


def test_statements_are_caught_with_their_constants_and_counted_once(database_on_each: "Database") -> None:
    database_on_each.execute("create table calls (phone text, nap float8)")
    database_on_each.execute("insert into calls values ('+1', 60), ('+2', 60)")
    texts = [f"select count(*) from calls where phone = '+{n}' and pg_sleep(nap) is not null" for n in (1, 2)]
    with Running(database_on_each.conninfo, *texts):
        seen = drive(sampled(database_on_each.conninfo, 1.0, interval=0.05))
    assert sorted(each.sql for each in seen if isinstance(each, SeenStatement)) == texts
    workload = joined(Workload(statements=(), source=""), seen, database=database_on_each.name)
    (statement,) = workload.statements
    assert statement.calls == 2
    assert statement.sql == "select count(*) from calls where phone = $1 and pg_sleep(nap) is not null"
    assert sorted(values.values for values in statement.parameters) == [("+1",), ("+2",)]
    assert statement.total_ms is not None
    assert statement.total_ms > 0


def test_other_databases_and_idle_sessions_are_left_alone(database: "Database") -> None:
    with Running(database.instance.conninfo(), "select pg_sleep(60)"), database.connect() as idle:
        idle.execute("select 'idle'")
        assert drive(sampled(database.conninfo, 0.3)) == ()


def test_a_cut_text_is_an_omission_without_the_text(database: "Database") -> None:
    with Running(database.conninfo, f"select pg_sleep(60), '{'secret' * 1000}'"):
        (omission,) = drive(sampled(database.conninfo, 0.5))
    assert isinstance(omission, Omission)
    assert "track_activity_query_size" in omission.reason
    assert "secret" not in omission.sql


def test_what_other_roles_run_is_said_to_be_hidden(database: "Database", role_name: str) -> None:
    database.execute(f"create role {role_name} login password 'x'")
    with Running(database.conninfo, "select pg_sleep(60)"):
        (omission,) = drive(sampled(database.conninfo_as(role_name, "x"), 0.3))
    assert isinstance(omission, Omission)
    assert "grant pg_read_all_stats" in omission.reason


def test_a_lost_connection_is_one_sentence(database: "Database") -> None:
    sampling = sampled(database.conninfo, 60)
    next(sampling)
    next(sampling)
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and application_name = 'pgclinic'"
    )
    with pytest.raises(UserError, match="Sampling ended early"):
        drive(sampling)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), 1e9])
def test_an_impossible_time_is_refused_before_connecting(seconds: float) -> None:
    with pytest.raises(UserError, match="--sample needs seconds"):
        drive(sample("host=/nowhere", seconds))


def test_nothing_caught_is_one_sentence(database: "Database") -> None:
    with pytest.raises(UserError, match="No statement was caught running"):
        drive(sample(database.conninfo, 0.3))
