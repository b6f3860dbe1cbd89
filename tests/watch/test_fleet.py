"""Four workers share the targets of one store; one is killed, and the others take over."""

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict

from pgclinic.instance import Instance, find_binaries, start
from pgclinic.model.errors import UserError
from pgclinic.watch.fleet import Fleet, register, registered
from pgclinic.watch.history import History
from pgclinic.watch.moments import SECOND, micros

WORKER = Path(__file__).parents[1] / "fleet_worker.py"
PATIENCE = 180
TARGETS = 8
pytestmark = [pytest.mark.server, pytest.mark.end_to_end]


@pytest.fixture
def instance() -> Iterator[Instance]:
    running = start(find_binaries()[0], settings={"max_connections": "120"})
    yield running
    running.stop()


def uri_of(instance: Instance) -> str:
    given = conninfo_to_dict(instance.conninfo())
    place = f"{given['user']}:{given.get('password', '')}@/{given['dbname']}"
    return f"postgresql://{place}?host={given['host']}&port={given['port']}"


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.3)


def test_one_of_four_workers_is_killed_and_its_targets_are_taken_over(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = {name: str(value) for name, value in conninfo_to_dict(instance.conninfo()).items()}
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"*:*:*:*:{given.pop('password', '')}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    conninfo = " ".join(f"{name}='{value}'" for name, value in given.items())
    store = uri_of(instance)
    history = History(store)
    names = [f"t{number}" for number in range(TARGETS)]
    register(history, [(name, conninfo) for name in names])
    assert list(registered(history)) == names
    workers = [subprocess.Popen([sys.executable, WORKER, store]) for _ in range(4)]
    try:
        wait_for(lambda: all(len(history.samples(name)) >= 3 for name in names))
        wait_for(lambda: len({row.worker_id for row in running(history)}) > 1)  # the first to be up may have them all
        killed = workers[0]
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        counts = {name: len(history.samples(name)) for name in names}
        begin = time.monotonic()
        wait_for(lambda: all(len(history.samples(name)) >= counts[name] + 5 for name in names))
        print(f"all targets have five more samples {time.monotonic() - begin:.0f} s after the kill")
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            assert worker.wait(PATIENCE) in {0, -signal.SIGKILL}
    for name in names:
        ends = [(micros(each.at), each.seconds or 0.0) for each in history.samples(name)]
        between = [(now - then) / SECOND for (then, _), (now, _) in itertools.pairwise(ends)]
        assert max(between) < 60, "a killed worker's targets are taken over within a minute"
        overlaps = [
            then - (now - int(seconds * SECOND)) for (then, _), (now, seconds) in itertools.pairwise(ends) if seconds
        ]
        assert max(overlaps, default=0) < 1000, "nothing is counted twice"  # microseconds
    history.close()


def running(history: History) -> list[Any]:
    return list(history.rows(sa.text("select worker_id from procrastinate_jobs where status = 'doing'")))  # type: ignore[arg-type]


def test_a_target_with_a_password_is_not_put_into_the_store(tmp_path: Path) -> None:
    history = History(str(tmp_path / "history.sqlite"))
    with pytest.raises(UserError) as caught:
        register(history, [("shop", "postgresql://me:secret@db/shop")])
    assert "secret" not in str(caught.value)
    with pytest.raises(UserError, match="needs PostgreSQL"):
        Fleet(history)
    history.close()
