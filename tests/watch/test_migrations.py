"""A store of every version that was ever released is opened, read and written; ``stores/`` keeps one of each."""

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from pgclinic.model.errors import UserError
from pgclinic.model.watching import Sample
from pgclinic.watch import migrations
from pgclinic.watch.history import History
from pgclinic.watch.schema import METADATA

STORES = sorted((Path(__file__).parent / "stores").glob("version_*.sql"))
LATER = Sample(target="shop", at="2026-01-03T00:00:00+00:00", seconds=30.0)


def restored(dump: Path, folder: Path) -> Path:
    path = folder / "history.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(dump.read_text())
    connection.close()
    return path


def shape(history: History) -> dict[str, list[tuple[str, str, bool]]]:
    inspector = sa.inspect(history.engine)
    return {
        table: [(each["name"], str(each["type"]), each["nullable"]) for each in inspector.get_columns(table)]
        for table in sorted(METADATA.tables)
    }


def test_there_is_a_store_of_every_version() -> None:
    assert [path.stem for path in STORES] == [f"version_{number}" for number in range(1, migrations.VERSION + 1)]


@pytest.mark.parametrize("dump", STORES, ids=lambda path: path.stem)
def test_a_store_of_an_earlier_version_is_read_and_written(dump: Path, tmp_path: Path) -> None:
    history = History(str(restored(dump, tmp_path)))
    assert [each.name for each in history.targets()] == ["shop"]
    assert [each.gained.calls for each in history.statements("shop")] == [60]
    assert [each.text for each in history.statements("shop")] == ["select $1"]
    assert [each.inserted for each in history.tables("shop")] == [6]
    assert [each.value for each in history.observations("shop", "connections", resolution=0)] == [1.0, 2.0, 3.0]
    assert history.write(LATER)
    fresh = History(str(tmp_path / "fresh.sqlite"))
    assert shape(history) == shape(fresh)
    history.close()
    fresh.close()


def test_a_store_of_a_later_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = restored(STORES[-1], tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("insert into schema_version values (99)")
    connection.close()
    with pytest.raises(UserError, match=r"version 99, .* upgrade pgclinic"):
        History(str(path))


def test_a_step_that_fails_leaves_the_store_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = restored(STORES[-1], tmp_path)

    def failing(connection: Connection) -> None:
        connection.execute(sa.text("alter table targets add column colour text"))
        connection.execute(sa.text("select * from nowhere"))

    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, failing))
    monkeypatch.setattr(migrations, "VERSION", len(migrations.STEPS))
    with pytest.raises(UserError, match="cannot be opened"):
        History(str(path))
    monkeypatch.undo()
    history = History(str(path))
    assert "colour" not in [name for name, _, _ in shape(history)["targets"]]
    history.close()


def test_two_that_open_a_store_at_once_bring_it_up_to_date_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = restored(STORES[-1], tmp_path)
    ran: list[int] = []

    def step(connection: Connection) -> None:
        ran.append(1)
        connection.execute(sa.text("alter table targets add column colour text"))

    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, step))
    monkeypatch.setattr(migrations, "VERSION", len(migrations.STEPS))
    threads = [threading.Thread(target=lambda: History(str(path)).close()) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == [1]
