"""What prescribe says when its private server does not live to the end."""

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgclinic.model.errors import UserError
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.twin.planner import Twin
from pgclinic.verbs import prescribe as module
from pgclinic.verbs.driving import drive
from pgclinic.workload.script import parse_script

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server


def test_a_twin_that_dies_between_plans_is_no_answer(database: "Database", monkeypatch: pytest.MonkeyPatch) -> None:
    database.execute("create table t as select n as a, n % 1000 as b from generate_series(1, 30000) as n")
    database.execute("vacuum analyze t")
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    twins: list[Twin] = []

    class Remembered(Twin):
        def __enter__(self) -> Twin:
            twins.append(self)
            return super().__enter__()

    monkeypatch.setattr(module, "Twin", Remembered)
    script = parse_script({"q.sql": "select * from t where b = 7;"}, source="a test")
    events = module.prescribe(snapshot, script=script)
    with pytest.raises(UserError, match="private server"):  # noqa: PT012 - it dies while the verb runs
        for event in events:
            pid_file = Path(twins[0]._instance.data_directory, "postmaster.pid") if twins else None
            if event.step.startswith("planning") and pid_file and pid_file.exists():
                os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGQUIT)
                time.sleep(0.5)
