"""Both writers on a real server."""

import datetime as dt
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from conftest import Database
from pgclinic_runtime.batches import (
    Append,
    BatchWriter,
    Call,
    GroupFailedError,
    Insert,
    Limits,
    Refusal,
    Retries,
    RowsRefusedError,
    forget,
    setup,
)
from pgclinic_runtime.batches.spool import Spool
from pgclinic_runtime.loader import Children, Loader, Order, Rows

pytestmark = pytest.mark.server
COLUMNS = ("id", "phone", "tags", "seen")
MakeWriter = Callable[..., Any]
LATER = Limits(rows=1000, seconds=600)  # nothing is written before it is asked for
HARD = ["", "NULL", r"\N", r"\.", "a\tb\nc\rd\\e", "\"{},'", "héhé 🚰", " "]


def rows_of(database: Database, table: str = "calls") -> Any:
    return database.execute(f"select * from {table} order by 1")


@pytest.mark.parametrize("target", [Append("calls", COLUMNS), Insert(("public", "calls"), COLUMNS)])
def test_values_arrive_as_they_were_given(shop: Database, make_writer: MakeWriter, target: Any) -> None:
    rows = [(number, text, [text, None, text], None) for number, text in enumerate(HARD)]
    rows.append((99, None, None, 5))
    with make_writer(shop.conninfo, target) as writer:
        writer.write_many(rows).result(60)
    assert rows_of(shop) == rows


def test_all_kinds_of_values_are_read_as_an_insert_would_read_them(shop: Database, make_writer: MakeWriter) -> None:
    shop.execute(
        "create type \"{mo} %s\" as enum ('calm', 'busy'); create domain amount as numeric(6,2);"
        'create table "Odd %s {0}" ("a ""b" uuid, day date, at timestamptz, sum amount, mood "{mo} %s",'
        " raw bytea, doc jsonb, nums int[], code char(3), flag bool)"
    )
    row = (
        uuid.uuid4(),
        dt.date(2026, 2, 28),
        dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC),
        Decimal("12.345"),
        "busy",
        b"\x00\\\xff'",
        Jsonb({"a": ["b\t\\"]}),
        [1, None, 3],
        "ab",
        True,
    )
    columns = ('a "b', "day", "at", "sum", "mood", "raw", "doc", "nums", "code", "flag")
    for target in (Append("Odd %s {0}", columns), Insert("Odd %s {0}", columns)):
        with make_writer(shop.conninfo, target) as writer:
            writer.write(row).result(60)
    first, second = rows_of(shop, '"Odd %s {0}"')
    expected = (*row[:3], Decimal("12.35"), *row[4:6], {"a": ["b\t\\"]}, row[7], "ab ", True)
    assert first == second == expected


def test_a_conflict_is_passed_over_or_updates_the_named_columns(shop: Database, make_writer: MakeWriter) -> None:
    shop.execute("insert into calls values (1, 'old', null, 1)")
    with make_writer(shop.conninfo, Insert("calls", COLUMNS, conflict=("id",))) as writer:
        writer.write_many([(1, "new", None, 2), (2, "two", None, 2)]).result(60)
    assert rows_of(shop) == [(1, "old", None, 1), (2, "two", None, 2)]
    with make_writer(shop.conninfo, Insert("calls", COLUMNS, conflict=("id",), update=("seen",))) as writer:
        writer.write_many([(1, "new", None, 3), (3, "three", None, 3)]).result(60)
    assert rows_of(shop) == [(1, "old", None, 3), (2, "two", None, 2), (3, "three", None, 3)]


def test_rows_of_one_key_in_one_group_act_in_their_order(shop: Database, make_writer: MakeWriter) -> None:
    with make_writer(shop.conninfo, Insert("calls", COLUMNS, conflict=("id",), update=("seen",))) as writer:
        ticket = writer.write_many([(number % 3, f"{number}", None, number) for number in range(30)])
        ticket.result(60)
    assert rows_of(shop) == [(0, "0", None, 27), (1, "1", None, 28), (2, "2", None, 29)]


def test_a_function_of_the_database_gets_the_rows(shop: Database, make_writer: MakeWriter) -> None:
    shop.execute(
        "create function taken(rows jsonb) returns int language sql as $$insert into calls (id, phone)"
        " select * from jsonb_to_recordset(rows) as given(id int, phone text); select 1$$"
    )
    with make_writer(shop.conninfo, Call("taken")) as writer:
        writer.write({"id": 1, "phone": "é'\\"}).result(60)
        with pytest.raises(RowsRefusedError, match="duplicate key"):
            writer.write_many([{"id": 2}, {"id": 1}, {"id": 3}]).result(60)
    assert [(row[0], row[1]) for row in rows_of(shop)] == [(1, "é'\\"), (2, None), (3, None)]


@pytest.mark.parametrize("target", [Append("calls", COLUMNS), Insert("calls", COLUMNS, conflict=("phone",))])
def test_bad_rows_are_set_aside_with_their_reason_and_the_good_ones_go_in(
    shop: Database, make_writer: MakeWriter, target: Any
) -> None:
    shop.execute("create unique index on calls (phone)")
    told: list[Refusal] = []
    rows = [(number, f"{number}", None, None) for number in range(100)]
    rows[10], rows[50], rows[51] = (10, "bad", None, None), (50, "far too long a number", None, None), (1, "x", None, 0)
    with make_writer(shop.conninfo, target, limits=LATER, on_refused=told.append) as writer:
        good = writer.write_many(rows[:10])
        bad = writer.write_many(rows[10:])
        writer.flush(60)
        good.result(60)
        with pytest.raises(RowsRefusedError, match="violates check constraint") as refused:
            bad.result(60)
    assert [(one.position, one.sqlstate) for one in refused.value.refusals] == [
        (10, "23514"),
        (50, "22001"),
        (51, "23505"),
    ]
    assert told == list(refused.value.refusals)
    assert [row[0] for row in rows_of(shop)] == [number for number in range(100) if number not in {10, 50, 51}]
    kept = shop.execute("select position, reason, row from pgclinic_runtime.refused_rows order by position")
    assert [(position, reason, bytes(row)) for position, reason, row in kept] == [
        (one.position, one.reason, one.row) for one in told
    ]


def test_a_deferred_constraint_refuses_its_row_too(shop: Database, make_writer: MakeWriter) -> None:
    shop.execute(
        "create table leads (call int references calls deferrable initially deferred);"
        "insert into calls values (1, 'a', null, null)"
    )
    with make_writer(shop.conninfo, Append("leads", ("call",))) as writer, pytest.raises(RowsRefusedError) as refused:
        writer.write_many([(1,), (2,), (1,)]).result(60)
    assert [one.position for one in refused.value.refusals] == [1]
    assert rows_of(shop, "leads") == [(1,), (1,)]


def test_a_target_that_is_not_there_fails_its_groups_and_refuses_no_row(
    shop: Database, make_writer: MakeWriter
) -> None:
    writer = make_writer(shop.conninfo, Insert("calls", ("id", "colour"))).open()
    ticket = writer.write_many([(1, "red"), (2, "blue")])
    with pytest.raises(GroupFailedError, match="colour") as failed:
        ticket.result(60)
    assert failed.value.is_decided
    with pytest.raises(GroupFailedError, match="colour"):
        writer.close()
    assert shop.execute("select count(*) from pgclinic_runtime.refused_rows") == [(0,)]


def test_what_is_no_row_is_refused_at_once(shop: Database, make_writer: MakeWriter) -> None:
    with make_writer(shop.conninfo, Append("calls", ("id", "phone"))) as writer:
        with pytest.raises(ValueError, match="2 values, not 1"):
            writer.write((1,))
        with pytest.raises(psycopg.DataError, match="NUL"):
            writer.write((1, "a\0b"))
        writer.write((2, "fine"))
    assert [row[0] for row in rows_of(shop)] == [2]


def test_a_writer_that_is_not_open_takes_no_row(shop: Database) -> None:
    writer = BatchWriter(shop.conninfo, Append("calls", ("id",)))
    with pytest.raises(RuntimeError, match="not open"):
        writer.write((1,))
    writer.open().close()
    with pytest.raises(RuntimeError, match="not open"):
        writer.write((1,))


def test_groups_are_written_by_count_by_bytes_and_by_time(shop: Database, make_writer: MakeWriter) -> None:
    for number, limits in enumerate((Limits(rows=3, seconds=600), Limits(bytes=15, seconds=600), Limits(seconds=0.01))):
        with make_writer(shop.conninfo, Append("calls", ("id", "phone")), limits=limits) as writer:
            writer.write_many([(number * 10 + place, "1") for place in range(3)]).result(60)
    assert len(rows_of(shop)) == 9


def test_a_writer_waits_while_too_much_is_undecided(shop: Database, make_writer: MakeWriter) -> None:
    with (
        psycopg.connect(shop.conninfo) as locker,
        make_writer(shop.conninfo, Append("calls", ("id", "phone")), limits=Limits(rows=10), most_bytes=100) as writer,
    ):
        locker.execute("lock table calls")
        accepted: list[int] = []

        def work() -> None:
            for number in range(200):
                writer.write((number, "12345"))
                accepted.append(number)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
        assert len(accepted) <= 100 // 6
        locker.rollback()
        thread.join(60)
        writer.flush(60)
        assert len(accepted) == 200
    assert [row[0] for row in rows_of(shop)] == list(range(200))


def test_many_threads_share_a_writer(shop: Database, make_writer: MakeWriter) -> None:
    with make_writer(shop.conninfo, Append("calls", ("id", "phone")), limits=Limits(rows=7)) as writer:
        threads = [
            threading.Thread(target=lambda start=start: [writer.write((start + n, "1")) for n in range(50)])
            for start in range(0, 400, 50)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert [row[0] for row in rows_of(shop)] == list(range(400))


def test_a_lost_connection_is_made_again_and_nothing_is_doubled(shop: Database, make_writer: MakeWriter) -> None:
    with make_writer(shop.conninfo, Append("calls", ("id", "phone"))) as writer:
        for number in range(5):
            writer.write((number, "1")).result(60)
            shop.execute(
                "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
            )
    assert [row[0] for row in rows_of(shop)] == list(range(5))


def test_a_lock_that_is_not_to_be_had_is_tried_again(shop: Database, make_writer: MakeWriter) -> None:
    shop.execute(f"alter database {shop.name} set lock_timeout = '50ms'")
    with psycopg.connect(shop.conninfo) as locker, make_writer(shop.conninfo, Append("calls", ("id",))) as writer:
        locker.execute("lock table calls")
        ticket = writer.write((1,))
        with pytest.raises(TimeoutError):
            ticket.result(0.5)
        locker.rollback()
        ticket.result(60)
    assert len(rows_of(shop)) == 1


def test_a_server_that_stays_away_fails_groups(tmp_path: Path, make_writer: MakeWriter) -> None:
    nowhere = f"host={tmp_path} dbname=shop"
    writer = make_writer(nowhere, Append("calls", ("id",)), retries=Retries(first=0.01, seconds=0.05)).open()
    ticket = writer.write((1,))
    with pytest.raises(GroupFailedError, match="server is away") as failed:
        ticket.result(60)
    assert failed.value.is_decided
    with pytest.raises(GroupFailedError):
        writer.close()


def test_a_spool_keeps_rows_while_the_server_is_away_and_the_next_writer_writes_them(
    shop: Database, make_writer: MakeWriter, tmp_path: Path
) -> None:
    options = {"spool": tmp_path / "spool", "retries": Retries(first=0.01, seconds=0.05)}
    target = Append("calls", ("id", "phone"))
    writer = make_writer(f"host={tmp_path} dbname=shop", target, **options).open()
    ticket = writer.write_many([(1, "a"), (2, "b\n")])
    ticket.kept(60)
    assert not ticket.is_done()
    with pytest.raises(GroupFailedError):
        writer.close()
    with make_writer(shop.conninfo, target, **options) as writer:
        writer.write((3, "c")).kept(60)
    assert [row[:2] for row in rows_of(shop)] == [(1, "a"), (2, "b\n"), (3, "c")]
    assert list((tmp_path / "spool").glob("*.spool")) == []


def test_a_group_that_was_written_before_is_not_written_again(
    shop: Database, make_writer: MakeWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Append("calls", ("id", "phone"))
    # As after a crash between COMMIT and the spool's own note of it.
    with monkeypatch.context() as patch:
        patch.setattr(Spool, "forget", lambda *_: None)
        with make_writer(shop.conninfo, target, spool=tmp_path) as writer, pytest.raises(RowsRefusedError):
            writer.write_many([(1, "a"), (2, "bad")]).result(60)
    told: list[Refusal] = []
    shop.execute("delete from calls")
    with make_writer(shop.conninfo, target, spool=tmp_path, on_refused=told.append) as writer:
        writer.flush(60)
    assert rows_of(shop) == []
    assert [one.position for one in told] == [1]


def test_old_keys_are_forgotten_and_setup_may_be_repeated(shop: Database, make_writer: MakeWriter) -> None:
    with make_writer(shop.conninfo, Append("calls", ("id",))) as writer:
        writer.write((1,)).result(60)
    with shop.connect() as connection:
        setup(connection)
        assert forget(connection, dt.timedelta(days=1)) == 0
        assert forget(connection, dt.timedelta(0)) == 1


def test_what_a_callback_raises_does_not_stop_the_writer(
    shop: Database, make_writer: MakeWriter, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_refusal: Refusal) -> None:
        raise KeyError("mine")

    with make_writer(shop.conninfo, Append("calls", ("id", "phone")), on_refused=broken) as writer:
        with pytest.raises(RowsRefusedError):
            writer.write((1, "bad")).result(60)
        writer.write((2, "good")).result(60)
    assert "on_refused raised" in caplog.text


@pytest.mark.parametrize("end", ["", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"])
def test_the_interpreters_exit_writes_what_is_left(shop: Database, end: str) -> None:
    program = (
        "import signal, sys\nfrom pgclinic_runtime.batches import *\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        "writer = BatchWriter(sys.argv[1], Append('calls', ('id',)), limits=Limits(seconds=600)).open()\n"
        f"writer.write_many([(number,) for number in range(100)])\n{end}\n"
    )
    done = subprocess.run([sys.executable, "-c", program, shop.conninfo], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(rows_of(shop)) == 100


def test_every_supported_server_takes_every_target(database_on_every: Database) -> None:
    database = database_on_every
    database.execute(
        "create table calls (id int primary key, tags text[] check (tags <> '{bad}'), seen int);"
        "create function taken(rows jsonb) returns void language sql as"
        " 'insert into calls (id) select (value ->> ''id'')::int from jsonb_array_elements(rows)'"
    )
    with database.connect() as connection:
        setup(connection)
    columns = ("id", "tags", "seen")
    rows = [(1, ["a", None], 1), (2, ["bad"], 1), (3, None, None)]
    for target in (Append("calls", columns), Insert("calls", columns, conflict=("id",), update=("seen",))):
        with BatchWriter(database.conninfo, target) as writer, pytest.raises(RowsRefusedError) as refused:
            writer.write_many(rows).result(60)
        assert [one.position for one in refused.value.refusals] == [1]
    with BatchWriter(database.conninfo, Call("taken")) as writer:
        writer.write({"id": 4}).result(60)
    assert [row[0] for row in rows_of(database)] == [1, 3, 4]
    with database.connect() as connection:
        loader = Loader(connection)
        assert loader.load_many(Rows("calls", key="id", columns=("seen",)), [3, 1]) == [{"seen": None}, {"seen": 1}]
        best = Children("calls", key="seen", columns=("id",), order=(Order("id", descending=True),), limit=1)
        assert loader.load(best, 1) == [{"id": 1}]
