"""``pgclinic watch`` as a process that is ended by its supervisor."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pgclinic.watch.history import History

pytestmark = [pytest.mark.server, pytest.mark.end_to_end]
PATIENCE = 60


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_everything_kept(
    program: Path, database_on: Callable[[int], Any], tmp_path: Path, number: signal.Signals
) -> None:
    database = database_on(18)
    store = tmp_path / "history.sqlite"
    with subprocess.Popen(
        [program, "watch", database.conninfo, "--store", str(store), "--format", "json", "--checkup-at", "off"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        deadline = time.monotonic() + PATIENCE
        while not _samples(store) and time.monotonic() < deadline:
            time.sleep(0.2)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out) == {
        "targets": 1,
        "looks": 1,
        "written": 1,
        "dropped": 0,
        "gaps": {"first": 1},
        "contract_version": 1,
    }
    assert _samples(store) == 1


def _samples(store: Path) -> int:
    if not store.exists():
        return 0
    history = History(str(store))
    try:
        return sum(len(history.samples(each.name)) for each in history.targets())
    finally:
        history.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--every", "1s"), "--every: 1s is out of range"),
        (("--for", "soon"), "--for: 'soon' is no span of time"),
        (("--checkup-at", "noon"), "--checkup-at: 'noon' is no time of day"),
        (("--store", "mysql://root:secret@h/x"), "--store is neither SQLite nor PostgreSQL"),
        (("host=127.0.0.1 port=1 dbname=x",), "Two of the TARGETs"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    pgclinic: Callable[..., Any], arguments: tuple[str, ...], sentence: str
) -> None:
    ended = pgclinic("watch", "host=127.0.0.1 port=1 dbname=x", *arguments)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "secret" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--store", "history.sqlite"), "needs PostgreSQL as its store"),
        (("--store", "history.sqlite", "--shift", "20s"), "--shift: 20s is out of range"),
    ],
)
def test_a_fleet_that_cannot_be_is_refused_in_one_sentence(
    pgclinic: Callable[..., Any], arguments: tuple[str, ...], sentence: str
) -> None:
    ended = pgclinic("fleet", *arguments)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
