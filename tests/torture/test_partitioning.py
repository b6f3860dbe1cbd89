"""A table partitioned, its past split, and all taken back while an application writes, and things are killed.

Afterwards every row is what was last committed to it, and the totals are those of a plain recount: nothing is lost,
nothing is there twice. As in ``test_torture``, TORTURE_KILLS and TORTURE_SEED say how many kills and which instants.
"""

import random
import threading
import time
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from tests.torture.test_torture import KILLS, SEED, Torture, own_database

from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.treatment import State
from pgclinic.postgres.sending import Patience
from pgclinic.remedies import partition_table, split_history
from pgclinic.remedies.partition_table import Division
from pgclinic.remedies.split_history import Split
from pgclinic.report.course_json import decode, encode
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import Stable, course_of, of_remedy, schema_of

pytestmark = pytest.mark.server
__all__ = ["own_database"]

TABLE = """
    create table events (
        id uuid primary key default gen_random_uuid(), at timestamptz not null default now(), amount int not null,
        touched int not null default 0
    );
    create index on events (amount);
    create function touch() returns trigger language plpgsql as $$
        begin new.touched := old.touched + 1; return new; end$$;
    create trigger touch before update on events for each row execute function touch();
    insert into events (at, amount) select now() - n * interval '1 minute', 1 from generate_series(1, 20000) as n;
    analyze events;
"""


NEAR, FAR = (0, 0, 5, 20), (0, 40, 70, 400)
"""Days ahead of now: what is far is refused until the table is partitioned."""

COMING = """
    insert into events (at, amount) select now() + n * interval '10 minutes' + interval '40 days', 2
    from generate_series(1, 12000) as n
    returning replace(id::text, '-', ''), amount, touched
"""


class Writer:
    """Inserts, updates and deletes rows of its own, of today and of the coming months, and remembers what it knows.

    What a lost connection may or may not have committed is asked for before it counts.
    """

    def __init__(self, conninfo: str, seed: int) -> None:
        self._conninfo = conninfo
        self._chance = random.Random(seed)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.days = NEAR
        self.rows: dict[str, tuple[int, int]] = {}
        self.errors: list[str] = []
        self.writes = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _work(self) -> None:
        connection: Any = None
        doubt = ""
        while not self._is_over.is_set():
            try:
                if connection is None or connection.closed:
                    connection = psycopg.connect(self._conninfo, autocommit=True)
                if doubt:
                    self._look(connection, doubt)
                doubt = self._chance.choice([*self.rows]) if self.rows and self._chance.random() < 0.6 else ""
                doubt = doubt or str(self._chance.getrandbits(128).to_bytes(16).hex())
                self._write(connection, doubt)
                doubt = ""
                self.writes += 1
            except psycopg.Error as error:
                if not isinstance(error, psycopg.OperationalError) or error.sqlstate in {"40P01", "55P03"}:
                    self.errors.append(str(error))
                    self._is_over.set()
            time.sleep(0.003)
        while doubt:
            try:
                with psycopg.connect(self._conninfo, autocommit=True) as last:
                    self._look(last, doubt)
                doubt = ""
            except psycopg.OperationalError:
                time.sleep(0.1)
        if connection is not None:
            connection.close()

    def _write(self, connection: Any, key: str) -> None:
        amount = self._chance.randrange(1000)
        if key not in self.rows:
            days = self._chance.choice(self.days)
            connection.execute(
                "insert into events (id, at, amount) values (%s, now() + %s * interval '1 day', %s)",
                [key, days, amount],
            )
            self.rows[key] = amount, 0
        elif self._chance.random() < 0.3:
            found = connection.execute("delete from events where id = %s", [key]).rowcount
            self._demand_one(found, key)
            del self.rows[key]
        else:
            found = connection.execute("update events set amount = %s where id = %s", [amount, key]).rowcount
            self._demand_one(found, key)
            self.rows[key] = amount, self.rows[key][1] + 1

    def _demand_one(self, found: int, key: str) -> None:
        if found != 1:
            self.errors.append(f"{found} rows of {key}")

    def _look(self, connection: Any, key: str) -> None:
        row = connection.execute("select amount, touched from events where id = %s", [key]).fetchone()
        self.rows.pop(key, None)
        if row is not None:
            self.rows[key] = row


class Patient(Torture):
    """Comes to the end even where the machine is busy with other tests: how long others wait is not the question."""

    patience = Patience(max_wait_ms=10_000)

    def to_the_end(self) -> None:
        self.execute("select 1")
        treatment = drive(treat(self.database.conninfo, decode(self.course.read_bytes()), patience=self.patience))
        assert treatment.is_complete, [entry.error for entry in treatment.entries]

    def back(self) -> None:
        self.execute("select 1")
        entries = drive(undo(self.database.conninfo, patience=self.patience)).entries
        assert {entry.state for entry in entries} <= {State.UNDONE}, [entry.error for entry in entries]


@pytest.mark.parametrize("interval", ["1 month", "1 week"])
def test_rows_and_totals_are_those_of_a_recount_however_often_it_is_killed(
    own_database: Any,
    interval: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    database = own_database
    database.execute(TABLE)
    table = RelationName("public", "events")
    division = Division(table=table, key="at", key_type="timestamp with time zone", interval=interval, primary=("id",))
    items = [of_remedy(partition_table.remedy(division), ObjectName("table", "events", schema="public"))]
    if interval == "1 week":  # of which there are several
        [(beginning,)] = database.execute("select date_trunc('week', min(at))::text from events")
        split = Split(division=division, beginning=beginning)
        items.append(of_remedy(split_history.remedy(split), ObjectName("history", "events", schema="public")))
    file = tmp_path / "course.json"
    file.write_bytes(encode(course_of(database, *items)))
    schema, oldest = schema_of(database), database.execute("select id::text, amount, touched from events")
    known = {key.replace("-", ""): (amount, touched) for key, amount, touched in oldest}
    with Stable(tmp_path) as stable, Writer(database.conninfo, SEED) as writer:
        torture = Patient(database, stable, file, SEED * 100 + database.major)
        started = time.monotonic()
        torture.to_the_end()
        duration = time.monotonic() - started
        torture.back()
        while sum(torture.kills.values()) < KILLS // 2:
            torture.kill("treat", duration)
            if torture.chance.random() < 0.5:
                torture.to_the_end()
                torture.kill("undo", duration / 2)
            torture.back()
        torture.to_the_end()
        # What comes now is in other partitions, and has to be moved back into the table.
        writer.days = FAR
        known |= {key: (amount, touched) for key, amount, touched in database.execute(COMING)}
        time.sleep(0.5)
        for _ in range(3):
            torture.kill("undo", duration)
        torture.back()
    assert writer.errors == []
    known |= writer.rows
    recount = "select replace(id::text, '-', ''), amount, touched from events"
    rows = database.execute(recount)
    assert len(rows) == len(known)
    assert {key: (amount, touched) for key, amount, touched in rows} == known
    drive(undo(database.conninfo, purge=True))
    assert schema_of(database) == schema
    print(f"\nPostgreSQL {database.major}: {torture.kills} kills, {torture.halfway} halfway, {writer.writes} writes")
