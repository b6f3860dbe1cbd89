"""Treatments of every kind, killed at random instants under an application that writes.

Killed are the client (SIGKILL), the session that works, and the whole server, which recovers from its crash. Each time
the treatment is resumed to its end, or taken back to the same schema. Twenty kills in the tests; `make torture` asks
for two hundred, with another seed each time. The seed is printed: TORTURE_SEED=… repeats the same instants.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from conftest import Database, binaries_on_machine
from pgclinic.instance import start
from pgclinic.model.catalog import IndexDefinition, IndexKey, Relation, Setting
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import Course, Statement
from pgclinic.model.treatment import State
from pgclinic.remedies import alter_system, create_index, set_storage_parameters
from pgclinic.report.course_json import decode, encode
from pgclinic.verbs.driving import drive
from pgclinic.verbs.treat import treat
from pgclinic.verbs.undo import undo
from treating import Application, Stable, course_of, dropping, of_remedy, on_column, plain, schema_of

pytestmark = pytest.mark.server

KILLS = int(os.environ.get("TORTURE_KILLS", "10"))
SEED = int(os.environ.get("TORTURE_SEED", "1"))
ROWS = 30_000
PROMISED_SECONDS = 0.5
EVENTS = RelationName("public", "events")

CATALOGS = """
    select pg_get_indexdef(indexrelid) || indisvalid || indisready || indislive from pg_index
    join pg_class on pg_class.oid = indexrelid where relnamespace = 'public'::regnamespace
    union all select viewname || definition from pg_views where schemaname = 'public'
    union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select policyname || qual from pg_policies
    union all select relname || coalesce(reloptions::text, '') || relrowsecurity from pg_class
      where relnamespace = 'public'::regnamespace
    union all select attname from pg_attribute where attrelid = 'calls'::regclass and attnum > 0 and not attisdropped
    union all select proname from pg_proc where pronamespace = 'public'::regnamespace
    union all select setting from pg_file_settings where name = 'work_mem' and sourcefile like '%auto.conf'
    order by 1
"""
OURS = """
    select pid from pg_stat_activity
    where datname = current_database() and application_name = 'pgclinic' and backend_type = 'client backend'
    order by pid
"""
WORKERS = "select worker_pid from pgclinic.journal where state in ('started', 'undoing') order by worker_pid"
HALFWAY = "select 1 from pgclinic.journal where state in ('started', 'undoing', 'failed')"


@pytest.fixture(params=[15, 18])
def own_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database on a server of its own, which may crash; what was committed is kept."""
    settings = {"synchronous_commit": "on", "autovacuum": "off", "restart_after_crash": "on"}
    with start(binaries_on_machine(request.param), settings=settings) as instance:
        with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
            connection.execute("create database shop")
        yield Database(instance, "shop")


def make_course(database: Any) -> Course:
    database.execute(f"""
        create table calls (id int primary key, phone text, status text);
        insert into calls select i, (i * 7919 % 100003)::text, 'new' from generate_series(1, {ROWS}) as i;
        create index unused on calls (phone desc, status) with (fillfactor = 80);
        comment on index unused is 'nobody knows';
        create table events (day date, phone text) partition by range (day);
        create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
        create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');
        insert into events select date '2025-01-01' + i % 700, i::text from generate_series(1, {ROWS}) as i;
    """)
    partitions = tuple(
        create_index.Partition(name=RelationName("public", name), parent=EVENTS, index=f"{name}_phone_idx")
        for name in ("events_2025", "events_2026")
    )
    oid = database.execute("select 'calls'::regclass::oid::int8")[0][0]
    calls = Relation(oid=oid, schema="public", name="calls", kind="r", owner="x")
    filling = plain("table", "calls", ["alter table calls add column day date"], ["alter table calls drop column day"])
    batch = Statement(
        sql="update calls set day = '2026-01-01' where id in (select id from calls where day is null limit 6000)",
        repeats=True,
    )
    expression = IndexDefinition(RelationName("public", "calls"), (IndexKey("lower(phone)", is_column=False),))
    return course_of(
        database,
        on_column("phone"),
        on_column("phone", table=EVENTS, name="events_phone_idx", partitions=partitions, is_partitioned=True),
        plain("view", "v", ["create view v as select * from calls"], ["drop view v"]),
        dropping(database, "unused", IndexKey("phone", descending=True, nulls_first=True), IndexKey("status")),
        plain(
            "function",
            "noted",
            [
                "create function noted() returns trigger language plpgsql as $$begin return new; end$$",
                "create trigger noted before insert on calls for each row execute function noted()",
            ],
            ["drop trigger noted on calls", "drop function noted()"],
        ),
        msgspec.structs.replace(filling, do=(*filling.do, batch)),
        plain(
            "policy",
            "own",
            ["create policy own on calls using (phone = current_user)", "alter table calls enable row level security"],
            ["alter table calls disable row level security", "drop policy own on calls"],
        ),
        of_remedy(
            set_storage_parameters.remedy(calls, {"autovacuum_vacuum_scale_factor": "0.02"}),
            ObjectName("table", "calls", schema="public"),
        ),
        of_remedy(
            alter_system.remedy(Setting(name="work_mem", value="4096", unit="kB"), "8MB"),
            ObjectName("setting", "work_mem"),
        ),
        create_index.prescribe(expression, name="calls_lower_idx", size_bytes=1, reason="why"),
    )


class Torture:
    """Kills of one database."""

    def __init__(self, database: Database, stable: Stable, course: Path, seed: int) -> None:
        self.database = database
        self.stable = stable
        self.course = course
        self.chance = random.Random(seed)
        self.kills = dict.fromkeys(("client", "session", "server"), 0)
        self.halfway = 0

    def kill(self, verb: str, within: float) -> None:
        """Begin, and kill something after a while; afterwards nothing of ours is at work for the client."""
        how = self.chance.choices(("client", "session", "server"), (5, 3, 2))[0]
        pid = self.stable.begin(verb, self.database.conninfo, self.course)
        time.sleep(self.chance.uniform(0, within))
        self.kills[how] += self._kill_client(pid) if how == "client" else self._kill_session(how)
        self.stable.wait()
        self.halfway += bool(self.execute("select 1 where to_regclass('pgclinic.journal') is not null")) and bool(
            self.execute(HALFWAY)
        )

    @staticmethod
    def _kill_client(pid: int) -> bool:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False  # it was done before
        return True

    def _kill_session(self, how: str) -> bool:
        has_journal = self.execute("select 1 where to_regclass('pgclinic.journal') is not null")
        pids = [pid for (pid,) in self.execute(WORKERS) if pid] if has_journal else []
        pids = pids or [pid for (pid,) in self.execute(OURS)]
        if not pids:
            return False
        if how == "session":
            return self.execute("select pg_terminate_backend(%s)", [pids[0]]) == [(True,)]
        try:
            os.kill(pids[0], signal.SIGKILL)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
        return True

    def execute(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """As the database does, once it has recovered."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.database.execute(statement, parameters)
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def to_the_end(self) -> None:
        self.execute("select 1")
        treatment = drive(treat(self.database.conninfo, decode(self.course.read_bytes())))
        assert treatment.is_complete, [entry.error for entry in treatment.entries]

    def back(self) -> None:
        self.execute("select 1")
        assert {entry.state for entry in drive(undo(self.database.conninfo)).entries} <= {State.UNDONE}


def test_whatever_is_killed_nothing_is_lost_and_nothing_is_left_over(
    own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    database = own_database
    file = tmp_path / "course.json"
    file.write_bytes(encode(make_course(database)))
    before, schema = database.execute(CATALOGS), schema_of(database)
    waits: list[float] = []
    with Stable(tmp_path) as stable, Application(database.conninfo, ROWS) as application:
        torture = Torture(database, stable, file, SEED * 100 + database.major)
        started = time.monotonic()
        torture.to_the_end()
        duration = time.monotonic() - started
        after = database.execute(CATALOGS)
        assert after != before
        torture.back()
        while sum(torture.kills.values()) < KILLS:
            torture.kill("treat", duration)
            if torture.chance.random() < 0.2:
                torture.kill("treat", duration / 2)
            if torture.chance.random() < 0.3:
                torture.kill("undo", duration / 2)
            else:
                torture.to_the_end()
                assert torture.execute(CATALOGS) == after
                assert torture.execute("select count(*) from calls where day is null") == [(0,)]
                if torture.chance.random() < 0.3:
                    torture.kill("undo", duration / 2)
            waits += [ms for (ms,) in torture.execute("select longest_wait_ms from pgclinic.journal")]
            torture.back()
            assert torture.execute(CATALOGS) == before
    print(
        f"\nPostgreSQL {database.major}, seed {SEED}: {torture.kills} kills over {duration:.2f} s each, "
        f"{torture.halfway} halfway; {application.writes} writes, {application.lost} lost with the server, the longest "
        f"{application.longest:.3f} s; the longest wait that we caused {max(waits):.0f} ms"
    )
    assert application.errors == []
    assert application.missing(database) == []
    assert torture.halfway >= KILLS // 4
    assert max(waits) < 1000 * PROMISED_SECONDS
    drive(undo(database.conninfo, purge=True))
    assert schema_of(database) == schema
