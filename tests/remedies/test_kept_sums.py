"""Sums kept by triggers are those of a plain recount: whoever writes, folds or is killed, at every isolation level."""

import random
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest

from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Prescription
from pgclinic.remedies import create_daily_sums, create_rollup
from pgclinic.remedies.create_daily_sums import DailySums
from pgclinic.remedies.create_rollup import Rollup
from pgclinic.sql.sources import CatalogRelation
from pgclinic.sql.summaries import Kept as Source
from pgclinic.sql.summaries import Summary, rewritten, subtractable, summaries_in

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

_TYPES = {
    "id": "integer",
    "at": "timestamp with time zone",
    "kind": "text",
    "size": "integer",
    "note": "text",
    "price": "numeric(9,2)",
}
_RELATION = CatalogRelation(RelationName("public", "Odd events"), tuple(_TYPES))
_BY_DAY = """
    select kind, count(*), sum(size), avg(size), count(*) filter (where size > 5), sum(price),
           avg(price) filter (where size > 3) from "Odd events"
    where at >= '2026-01-02 07:30+00' and at < '2026-01-09' group by kind order by kind
"""
_IN_ALL = 'select kind, count(*), sum(size), avg(price) from "Odd events" group by kind order by kind'
_OF_A_VALUE = """
    select count(*), count(*) filter (where note = 'b'), sum(size) from "Odd events" where kind = 'a' or note is null
"""
_BY_EACH_DAY = """
    select date(at) as d, kind, count(*), count(distinct size), percentile_cont(0.5) within group (order by size),
           max(size), avg(size) from "Odd events"
    where at >= date '2026-01-02' and at < date '2026-01-09' and note is null group by date(at), kind order by 1, 2
"""
_KEPT = pytest.mark.parametrize(
    "sql", [_BY_DAY, _IN_ALL, _OF_A_VALUE, _BY_EACH_DAY], ids=["some days", "in all", "of a value", "each day"]
)
_LEVELS = ("read committed", "repeatable read", "serializable")
_RETRIED = (psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable)


def resolver(_: str, name: str) -> CatalogRelation | None:
    return _RELATION if name == "Odd events" else None


class Kept(msgspec.Struct, frozen=True):
    """How the sums of a statement are kept: the cure, what a timer calls, the statement that reads them."""

    cure: Prescription
    call: str
    sql: str
    instead: str


def kept(sql: str) -> Kept:
    """By adding differences where that can be done, else for days that rest."""
    (summary,) = summaries_in(sql, resolver, {_RELATION.name: _TYPES})
    assert isinstance(summary, Summary)
    changing = subtractable(summary, _TYPES)
    if changing is not None:
        rollup = Rollup(
            summary=changing,
            schema="public",
            cells="Odd events by day",
            changes="Odd events changes",
            reader="Odd events now",
            note="Odd events note",
            fold="Odd events fold",
        )
        cure, call = create_rollup.prescribe(rollup, size_bytes=0), create_rollup.call(rollup)
        source = Source(rollup.quoted(rollup.reader), may_be_empty=True)
    else:
        sums = DailySums(
            summary=summary,
            schema="public",
            cells="Odd events by day",
            log="Odd events changes",
            note="Odd events note",
            refresh="Odd events fold",
        )
        cure, call = create_daily_sums.prescribe(sums, size_bytes=0), create_daily_sums.call(sums)
        source = Source(sums.quoted(sums.cells), log=sums.quoted(sums.log))
    return Kept(cure, call, sql, rewritten(sql, resolver, {_RELATION.name: _TYPES}, lambda _: source))


def make_table(database: "Database", rows: int) -> None:
    database.execute(f"""
        create table "Odd events" (id serial primary key, at timestamptz, kind text, size int, note text,
            price numeric(9, 2) default 1.5);
        insert into "Odd events" (at, kind, size)
        select timestamptz '2026-01-01 00:00+00' + n * interval '37 minutes', (array['a', 'b', null])[1 + n % 3],
               nullif(n % 11, 4) from generate_series(1, {rows}) as n
    """)


def apply(connection: psycopg.Connection, prescription: Prescription) -> None:
    """As treat does: what may be together in one transaction, batches in their own until none is left."""
    first = [statement for statement in prescription.do if not statement.repeats]
    with connection.transaction():
        for statement in first:
            connection.execute(statement.sql)
    for statement in prescription.do:
        while statement.repeats and connection.execute(statement.sql).rowcount:
            pass


def rows(connection: psycopg.Connection, sql: str) -> list[tuple[str]]:
    """As text: NaN differs from NaN in Python, and trailing digits count too."""
    return connection.execute(f"select r::text from ({sql}) as r").fetchall()


def statements(chance: random.Random) -> Iterator[str]:
    """What an application writes; each touches rows in one order, so that none can be a deadlock's victim by itself."""
    while True:
        day, kind = chance.randint(-1, 12), chance.choice(["'a'", "'b'", "'c'", "null"])
        moment = f"timestamptz '2026-01-01 00:00+00' + interval '{day} days {chance.randint(0, 86399)} seconds'"
        row = f'(select id from "Odd events" order by (id * 7919 + {chance.randint(1, 999)}) % 1009 limit 1)'
        table, size = '"Odd events"', chance.choice(["size + 1", "null", "3"])
        price = chance.choice(["2.25", "'NaN'", "null"])
        upsert = f"on conflict (id) do update set kind = excluded.kind, size = {table}.size + 1"
        yield chance.choices(
            [
                f"insert into {table} (at, kind, size) values ({moment}, {kind}, {chance.randint(0, 9)})",
                f"insert into {table} (at, kind, size) select {moment}, {kind}, n from generate_series(1, 7) as n",
                f"insert into {table} (id, at, kind) values ({-chance.randint(1, 50)}, {moment}, {kind}) {upsert}",
                f"update {table} set size = {size}, kind = {kind} where id = {row}",
                f"update {table} set at = {moment} where id = {row}",
                f"update {table} set price = {price} where id = {row}",
                f"update {table} set note = 'seen' where id = {row}",
                f"delete from {table} where id = {row}",
            ],
            weights=[4, 2, 2, 3, 1, 2, 1, 3],
        )[0]


@_KEPT
def test_the_sums_are_those_of_a_recount_after_every_statement(database_on_each: "Database", sql: str) -> None:
    make_table(database_on_each, 300)
    sums, chance = kept(sql), random.Random(sql)
    cure, instead = sums.cure, sums.instead
    writes = statements(chance)
    with database_on_each.connect() as connection:
        assert connection.execute("set timezone = 'UTC'")
        apply(connection, cure)
        assert connection.execute(cure.verify).fetchone() == (True,)
        for step in range(80):
            if step % 9 == 0:
                connection.execute(sums.call)
            with connection.transaction(force_rollback=chance.random() < 0.2):
                connection.execute(f"set transaction isolation level {chance.choice(_LEVELS)}")
                for _ in range(chance.randint(1, 3)):
                    connection.execute('truncate "Odd events"' if step in {40, 60} else next(writes))
                assert rows(connection, instead) == rows(connection, sql)
            assert rows(connection, instead) == rows(connection, sql)
        connection.execute(sums.call)
        assert connection.execute('select count(*) from "Odd events changes"').fetchone() == (0,)
        assert rows(connection, instead) == rows(connection, sql)
        for statement in cure.undo:
            connection.execute(statement.sql)
        left = connection.execute("select relname from pg_class where relname like 'Odd%' order by 1").fetchall()
    assert left == [("Odd events",), ("Odd events_id_seq",), ("Odd events_pkey",)]


class _Load:
    """Writers, a folder, readers that compare within one snapshot, and somebody who kills, all at once."""

    def __init__(self, database: "Database", sums: Kept, *, truncates: bool) -> None:
        self.database = database
        self.sums = sums
        self.truncates = truncates
        self.is_over, self.is_kept = threading.Event(), threading.Event()
        self.errors: list[BaseException] = []
        self.written = self.compared = self.killed = 0

    def run(self, steps: int) -> None:
        """Every writer makes so many transactions, during which the rollup is made."""
        writers = [threading.Thread(target=self._guarded, args=(self._write, seed, steps)) for seed in range(4)]
        others = [threading.Thread(target=self._guarded, args=(work,)) for work in (self._fold, self._read, self._kill)]
        for each in (*writers, *others):
            each.start()
        self._guarded(self._make)
        for each in writers:
            each.join()
        self.is_over.set()
        for each in others:
            each.join()
        if self.errors:
            raise self.errors[0]

    def _guarded(self, work: object, *arguments: object) -> None:
        try:
            work(*arguments)  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - raised by who waits
            self.errors.append(error)

    def _make(self) -> None:
        with self.database.connect() as connection:
            apply(connection, self.sums.cure)
        self.is_kept.set()

    def _write(self, seed: int, steps: int) -> None:
        chance = random.Random(seed)
        writes = statements(chance)
        connection = self.database.connect(application_name="writer")
        for step in range(steps):
            truncates = self.truncates and seed == 0 and step % 25 == 24
            sql = 'truncate "Odd events"' if truncates else next(writes)
            try:
                with connection.transaction(force_rollback=chance.random() < 0.1):
                    connection.execute(f"set transaction isolation level {chance.choice(_LEVELS)}")
                    connection.execute(sql)
                self.written += 1
            except _RETRIED:
                continue
            except psycopg.OperationalError:  # a deadlock is one too, and must not happen
                if not connection.closed:
                    raise
                connection = self.database.connect(application_name="writer")
        connection.close()

    def _fold(self) -> None:
        self.is_kept.wait()
        with self.database.connect() as connection:
            while not self.is_over.wait(0.02):
                with connection.transaction():
                    connection.execute(self.sums.call)

    def _read(self) -> None:
        self.is_kept.wait()
        with self.database.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            while not self.is_over.wait(0.01):
                with connection.transaction():
                    connection.execute("set transaction isolation level repeatable read")
                    found = [rows(connection, each) for each in (self.sums.instead, self.sums.sql)]
                # TRUNCATE takes rows out of older snapshots too (documentation, "Caveats" of MVCC).
                assert self.truncates or found[0] == found[1]
                self.compared += 1

    def _kill(self) -> None:
        with self.database.connect() as connection:
            while not self.is_over.wait(0.15):
                row = connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name = 'writer' and datname = current_database()"
                    " order by md5(pid::text || clock_timestamp()::text) limit 1"
                ).fetchone()
                self.killed += row is not None


@pytest.mark.parametrize("truncates", [False, True])
@_KEPT
def test_it_is_made_and_stays_exact_while_others_write_and_some_are_killed(
    database_on_each: "Database", sql: str, *, truncates: bool
) -> None:
    make_table(database_on_each, 500)
    sums = kept(sql)
    load = _Load(database_on_each, sums, truncates=truncates)
    load.run(60)
    assert load.written > 100
    assert load.compared
    with database_on_each.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        counted = rows(connection, sql)
        assert rows(connection, sums.instead) == counted
        connection.execute(sums.call)
        assert rows(connection, sums.instead) == counted
        assert connection.execute('select count(*) from "Odd events changes"').fetchone() == (0,)


@_KEPT
def test_writers_need_no_right_on_what_is_kept(database: "Database", role_name: str, sql: str) -> None:
    make_table(database, 10)
    sums = kept(sql)
    with database.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        apply(connection, sums.cure)
        connection.execute(f"create role {role_name}; grant all on all tables in schema public to {role_name}")
        connection.execute(f'revoke all on "Odd events changes", "Odd events by day" from {role_name}')
        connection.execute(f"set role {role_name}")
        connection.execute("""insert into "Odd events" (id, at, kind) values (99, '2026-01-03', 'x')""")
        connection.execute(f"reset role; drop owned by {role_name}")
        assert rows(connection, sums.instead) == rows(connection, sql)
