"""Several databases plan at once, and answer as one does."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest

from pgclinic.model.catalog import IndexDefinition, IndexKey, Role
from pgclinic.model.names import RelationName
from pgclinic.model.plan import Asked, Plan, Question, Refusal, WhatIfIndex
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.snapshot_file import write
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

COLUMNS = "abcd"
QUESTIONS = tuple(
    Question(sql=f"select * from t join u using (a) where t.{left} = {number} and u.{right} > {number * 400}")
    for left, right, number in itertools.product(COLUMNS[1:], COLUMNS[1:], range(4))
)


def snapshot_of(database: "Database") -> Snapshot:
    database.execute(
        "create table t as select n as a, n % 10 as b, n % 100 as c, n % 1000 as d from generate_series(1, 20000) as n"
    )
    database.execute("create table u as select a, d as b, b as c, c as d from t where a % 3 = 0")
    database.execute("vacuum analyze")
    with open_session(database.conninfo) as connection:
        return drive(collect(connection))


def definitions() -> list[IndexDefinition]:
    return [
        IndexDefinition(RelationName("public", table), tuple(map(IndexKey, keys)))
        for table, width in itertools.product("tu", (1, 2))
        for keys in itertools.permutations(COLUMNS, width)
    ]


def batch(numbers: Sequence[int]) -> list[Asked]:
    """Each question under changing sets of visible indexes."""
    sets = [frozenset(numbers[start::step]) for step in (2, 5, 9) for start in range(3)]
    return [Asked(question, visible) for question, visible in itertools.product(QUESTIONS, [frozenset(), *sets])]


def recruit(twin: Twin) -> None:
    """Make the twin call its other workers, and wait until they are there."""
    twin.plan_all([Asked(question) for question in QUESTIONS])
    for each in twin._recruits:
        each.result()
    twin.plan_all([])


def test_answers_do_not_depend_on_the_number_of_workers(database_on_each: "Database") -> None:
    snapshot = snapshot_of(database_on_each)
    answers = []
    for workers in (1, 3):
        with Twin(snapshot, workers=workers) as twin:
            half = twin.add_all(definitions()[:10])
            recruit(twin)
            assert len(twin._workers) == workers
            made = (*half, *twin.add_all(definitions()[10:]))
            assert not any(isinstance(each, Refusal) for each in made)
            before = twin.plans_made
            asked = batch([each.id for each in made])
            answers.append((made, twin.plan_all(asked)))
            assert twin.plans_made - before == len(asked)
            assert all(worker.plans_made > 0 for worker in twin._workers)
            assert twin.plan_all(asked[::-1]) == answers[-1][1][::-1]
            some = range(0, len(asked), 37)
            alone = [twin.plan(each.question, visible=each.visible) for each in (asked[position] for position in some)]
            assert alone == [answers[-1][1][position] for position in some]
    assert answers[0] == answers[1]
    used = frozenset().union(*(plan.indexes for plan in answers[0][1] if isinstance(plan, Plan)))
    assert len(used) > 5


def test_a_refused_index_is_refused_by_all_and_breaks_no_batch(database: "Database") -> None:
    snapshot = snapshot_of(database)
    good = IndexDefinition(RelationName("public", "t"), (IndexKey("b"),))
    odd = [
        IndexDefinition(RelationName("public", "t"), (IndexKey("nowhere"),)),
        IndexDefinition(RelationName("public", "nowhere"), (IndexKey("b"),)),
        IndexDefinition(RelationName("public", "t"), (IndexKey("a); drop table t; --", is_column=False),)),
        IndexDefinition(RelationName("public", "t"), (IndexKey("b"),), method="nonsense"),
    ]
    with Twin(snapshot, workers=2) as twin:
        recruit(twin)
        answers = twin.add_all([odd[0], good, *odd[1:], good])
        assert [isinstance(each, Refusal) for each in answers] == [True, False, True, True, True, False]
        assert len(twin._workers) == 2
        assert twin.add_all(()) == ()


def test_a_worker_that_differs_is_dismissed(database: "Database") -> None:
    snapshot = snapshot_of(database)
    with Twin(snapshot, workers=2) as twin:
        recruit(twin)
        plans_made = twin.plans_made
        with psycopg.connect(twin._instance.conninfo("twin2"), autocommit=True) as connection:
            connection.execute("drop table u")
        assert isinstance(twin.add(IndexDefinition(RelationName("public", "u"), (IndexKey("b"),))), object)
        assert len(twin._workers) == 1
        assert twin.plans_made == plans_made
        assert all(isinstance(each, Plan) for each in twin.plan_all([Asked(question) for question in QUESTIONS]))


def test_sessions_that_end_in_the_middle_of_a_batch_are_replaced(database: "Database") -> None:
    snapshot = snapshot_of(database)
    with Twin(snapshot, workers=2) as twin:
        recruit(twin)
        asked = batch([each.id for each in twin.add_all(definitions()) if isinstance(each, WhatIfIndex)])
        before = twin.plan_all(asked)
        with psycopg.connect(twin._instance.conninfo(), autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where pid <> pg_backend_pid() and backend_type = 'client backend'"
            )
        assert twin.plan_all(asked) == before


def test_a_twin_without_its_server_refuses_every_question_of_a_batch(database: "Database") -> None:
    snapshot = snapshot_of(database)
    with Twin(snapshot, workers=2) as twin:
        recruit(twin)
        twin._instance.stop()
        assert all(isinstance(each, Refusal) for each in twin.plan_all([Asked(question) for question in QUESTIONS]))
        assert all(isinstance(each, Refusal) for each in twin.add_all(definitions()))


def test_a_twin_is_closed_while_its_workers_are_made(database: "Database") -> None:
    snapshot = snapshot_of(database)
    with Twin(snapshot, workers=4) as twin:
        twin.plan_all([Asked(question) for question in QUESTIONS])
        directory = twin._instance.socket_directory
        assert twin._recruits
    assert not directory.exists()


_PLANNING = """
import pathlib, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pgclinic.model.plan import Asked, Question
from pgclinic.model.snapshot_file import read
from pgclinic.twin.planner import Twin
with Twin(read(pathlib.Path(sys.argv[1])), workers=2) as twin:
    asked = [Asked(Question(sql=f"select * from t where b = {n % 99}")) for n in range(200)]
    for _ in range(2):
        twin.plan_all(asked)
        for each in twin._recruits:
            each.result()
    print(twin._instance.socket_directory, flush=True)
    while True:
        twin.plan_all(asked)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_of_a_twin_that_is_ended_while_its_workers_plan(
    database: "Database", tmp_path: Path, how: signal.Signals
) -> None:
    file = tmp_path / "snapshot"
    file.write_bytes(b"".join(write(snapshot_of(database))))
    with subprocess.Popen(
        [sys.executable, "-c", _PLANNING, str(file)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        directory = Path(process.stdout.readline().strip())
        assert directory.is_dir()
        process.send_signal(how)
        process.wait(timeout=30)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (directory.exists() or _processes_of(directory)):
        time.sleep(0.05)
    assert not directory.exists()
    assert not _processes_of(directory)


def _processes_of(directory: Path) -> list[str]:
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if os.fsencode(directory) in command.read_bytes():
                found.append(command.parent.name)
        except OSError:
            continue
    return found


def test_more_roles_than_sessions_are_planned_for(database: "Database", role_name: str) -> None:
    roles = [f"{role_name}_{number}" for number in range(12)]
    snapshot = snapshot_of(database)
    snapshot = msgspec.structs.replace(
        snapshot,
        roles=(
            *snapshot.roles,
            *(Role(name=role, settings=(f"random_page_cost={n + 1}",)) for n, role in enumerate(roles)),
        ),
        relations=tuple(
            msgspec.structs.replace(each, grants=tuple(f"{role}=r" for role in roles)) for each in snapshot.relations
        ),
    )
    asked = [Asked(Question(sql="select * from t where a = 77", role=role)) for role in roles]
    with Twin(snapshot, workers=2) as twin:
        index = twin.add(IndexDefinition(RelationName("public", "t"), (IndexKey("a"),)))
        assert isinstance(index, WhatIfIndex)
        asked = [msgspec.structs.replace(each, visible=frozenset({index.id})) for each in asked]
        recruit(twin)
        plans = twin.plan_all(asked * 3)
        sessions = [len(worker._sessions) for worker in twin._workers]
    costs = [plan.cost for plan in plans if isinstance(plan, Plan)]
    assert len(costs) == 36
    assert costs[:12] == costs[12:24] == sorted(costs[:12])
    assert len(set(costs)) == 12
    assert max(sessions) <= 8


def test_two_twins_at_once_do_not_meet(database: "Database") -> None:
    snapshot = snapshot_of(database)
    with Twin(snapshot, workers=1) as one, Twin(snapshot, workers=1) as other:
        assert one._instance.socket_directory != other._instance.socket_directory
        made = one.add_all(definitions())
        assert not any(isinstance(each, Refusal) for each in made)
        question = QUESTIONS[0]
        before = other.plan(question)
        everything = frozenset(each.id for each in made if isinstance(each, WhatIfIndex))
        assert one.plan(question, visible=everything) != before
        assert other.plan(question) == before
        one.close()
        assert other.plan(question) == before


def test_only_what_the_chosen_tables_need_is_made(database: "Database") -> None:
    for number in range(30):
        database.execute(f"create table many_{number} (id serial primary key, n int)")
    snapshot = snapshot_of(database)
    chosen = frozenset(each.oid for each in snapshot.relations if each.name in {"t", "many_7"})
    with Twin(snapshot, relations=chosen, workers=1) as twin:
        with psycopg.connect(twin._instance.conninfo("twin1")) as connection:
            names = connection.execute(
                "select relname from pg_class where relnamespace = 'public'::regnamespace order by 1"
            ).fetchall()
        assert [name for (name,) in names] == ["many_7", "many_7_id_seq", "many_7_pkey", "t"]
        assert isinstance(twin.plan(Question(sql="insert into many_7 (n) values (1)")), Plan)
        assert isinstance(twin.plan(Question(sql="select * from many_8")), Refusal)
