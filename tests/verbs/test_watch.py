import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pgclinic.model.progress import Progress
from pgclinic.verbs.driving import drive
from pgclinic.verbs.watch import WatchTarget, watch, watch_target
from pgclinic.watch.history import History

PATIENCE = 60


class Script:
    """Runs one deed after the other, each as soon as so many more samples were kept."""

    def __init__(self, history: History, deeds: list[Callable[[], object]]) -> None:
        self.history, self.deeds = history, deeds
        self.kept, self.until = 0, time.monotonic() + PATIENCE

    def is_over(self) -> bool:
        assert time.monotonic() < self.until, "nothing was kept"
        count = len(self.history.samples("shop"))
        if count >= self.kept + 2:
            self.kept = count
            if not self.deeds:
                return True
            self.deeds.pop(0)()
        return False


@pytest.mark.server
@pytest.mark.parametrize("major", [15, 17, 18])
def test_what_an_application_does_is_counted_through_resets_and_lost_connections(
    database_on: Callable[[int], Any], tmp_path: Path, major: int
) -> None:
    database = database_on(major)
    database.execute("create extension pg_stat_statements")
    database.execute("create table orders (id int)")
    history = History(str(tmp_path / "history.sqlite"))
    did = Counter[str]()
    notes: list[str] = []
    with database.connect() as session:

        def work() -> None:
            for number in range(10):
                session.execute("insert into orders values (%s)", [number], prepare=False)
                did["inserts"] += 1

        def reset_statements() -> None:
            work()
            session.execute(
                "select pg_stat_statements_reset(0, oid, 0) from pg_database where datname = current_database()"
            )
            did["inserts"] -= 10

        def lose() -> None:
            session.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'pgclinic' and datname = current_database()"
            )
            work()

        script = Script(history, [work, lose, work, reset_statements, work])

        def tell(progress: Progress) -> None:
            if progress.note:
                notes.append(progress.note)

        target = WatchTarget("shop", database.conninfo)
        report = drive(watch([target], history=history, interval=0.2, is_over=script.is_over), tell)
    counted = sum(
        each.gained.calls for each in history.statements("shop") if each.text == "insert into orders values ($1)"
    )
    assert counted == did["inserts"]
    assert report.written == report.looks == len(history.samples("shop"))
    assert report.gaps["unreachable"] >= 1
    assert any(note.endswith("answers again.") for note in notes)
    assert not any("pgclinic" in each.text for each in history.statements("shop"))
    history.close()


@pytest.mark.parametrize(
    ("conninfo", "name"),
    [
        ("postgresql://me:secret@db.example:6543/shop", "db.example:6543/shop"),
        ("host=/tmp dbname=shop port=5433", "[local]:5433/shop"),
        ("host=h user=app", "h:5432/app"),
    ],
)
def test_a_target_is_named_after_where_it_is(conninfo: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PGHOST", "PGPORT", "PGDATABASE", "PGUSER"):
        monkeypatch.delenv(variable, raising=False)
    target = watch_target(conninfo)
    assert target.name == name
    assert "secret" not in repr(target)
