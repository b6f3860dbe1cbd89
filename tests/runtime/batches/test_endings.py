"""How a writer for threads opens and ends, whoever calls what, when and from where."""

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Database
from pgclinic_runtime.batches import Append, BatchWriter, GroupFailedError, Insert, Limits, Retries

pytestmark = pytest.mark.server

ROWS = Append("calls", ("id", "phone"))
PATIENCE = 60


class TimeLimitError(Exception):
    pass


@contextlib.contextmanager
def handling(handler: Callable[[], object]) -> Iterator[None]:
    """SIGUSR1 calls it; the test's own time limit has SIGALRM."""
    before = signal.signal(signal.SIGUSR1, lambda *_: handler())
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


def interrupt_soon(seconds: float) -> threading.Thread:
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        time.sleep(seconds)
        signal.pthread_kill(main, signal.SIGUSR1)

    thread = threading.Thread(target=interrupt)
    thread.start()
    return thread


def test_a_handler_that_closes_the_writer_ends_it_or_is_told_that_it_cannot(shop: Database) -> None:
    shop.execute("create table events (number int)")
    told = []

    def close() -> None:
        try:
            writer.close()
        except RuntimeError as error:
            told.append(str(error))
            raise
        told.append("")

    written = 0
    with handling(close):
        for round_number in range(40):
            writer = BatchWriter(shop.conninfo, Append("events", ("number",))).open()
            interrupting = interrupt_soon(0.001 * (round_number % 7))
            with contextlib.suppress(RuntimeError):
                while True:
                    writer.write((1,))
                    written += 1
            interrupting.join()
            writer.close()
    assert len(told) == 40
    assert all("signal's handler" in text for text in told if text)
    # A row whose call was interrupted may be in too.
    assert written <= shop.execute("select count(*) from events")[0][0] <= written + 40


# A Thread whose start is interrupted may forget itself, and then ends with a word about it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_writer_whose_opening_was_interrupted_opens_again(shop: Database, tmp_path: Path) -> None:
    def limit() -> None:
        if is_armed:
            raise TimeLimitError

    interrupted, is_armed = 0, False
    with handling(limit):
        for number in range(60):
            writer = BatchWriter(shop.conninfo, ROWS, spool=tmp_path / "spool")
            interrupting = interrupt_soon(0.00002 * (number % 20))
            is_armed = True
            try:
                writer.open()
                is_armed = False
            except TimeLimitError:
                is_armed = False
                interrupted += 1
                writer.open()
            interrupting.join()
            writer.write((number, "x")).result(PATIENCE)
            writer.close()
    assert interrupted
    assert shop.execute("select count(*) from calls") == [(60,)]


def test_it_is_closed_by_many_at_once_and_opens_again(shop: Database) -> None:
    writer = BatchWriter(shop.conninfo, ROWS)
    for number in range(30):
        writer.open()
        writer.write((number, "x"))
        closing = [threading.Thread(target=writer.close) for _ in range(3)]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(PATIENCE)
            assert not thread.is_alive()
    assert shop.execute("select count(*) from calls") == [(30,)]


def test_a_callback_cannot_wait_for_the_thread_that_calls_it(shop: Database) -> None:
    said = []

    def on_refused(_: Any) -> None:
        for call in (writer.close, writer.flush):
            with pytest.raises(RuntimeError, match="cannot wait for itself"):
                call()
            said.append(1)
        sys.exit("as a thread may")

    with BatchWriter(shop.conninfo, ROWS, on_refused=on_refused) as writer:
        writer.write((1, "bad"))
        writer.flush(PATIENCE)
        writer.write((2, "good")).result(PATIENCE)
    assert said == [1, 1]


def test_what_ends_the_thread_is_told_to_all_who_wait(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = BatchWriter(shop.conninfo, ROWS, limits=Limits(rows=10, seconds=PATIENCE)).open()
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(writer._work, "_decide", _raise_once(writer._work._decide))
    tickets = [writer.write_many([(number, "x")] * 10) for number in range(3)]
    for ticket in tickets:
        with pytest.raises(GroupFailedError, match="ended"):
            ticket.result(PATIENCE)
    with pytest.raises(GroupFailedError, match="ended"):
        writer.close()
    with pytest.raises(RuntimeError, match="not open"):
        writer.write((1, "x"))


def _raise_once(function: Callable[..., None]) -> Callable[..., None]:
    calls = []

    def raising(*arguments: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise MemoryError
        function(*arguments)

    return raising


def test_times_longer_than_a_lock_can_wait_are_no_error(shop: Database) -> None:
    with BatchWriter(shop.conninfo, ROWS, limits=Limits(seconds=1e10)) as writer:
        ticket = writer.write((1, "x"))
        writer.flush(1e12)
        ticket.result(float("inf"))


def test_a_forked_process_neither_writes_nor_waits(shop: Database) -> None:
    script = (
        "import os, sys\n"
        "from pgclinic_runtime.batches import Append, BatchWriter\n"
        f"writer = BatchWriter({shop.conninfo!r}, Append('calls', ('id',))).open()\n"
        "writer.write((1,))\n"
        "if os.fork() == 0:\n"
        "    try:\n"
        "        writer.write((2,))\n"
        "    except RuntimeError:\n"
        "        sys.exit(0)\n"
        "print(os.waitstatus_to_exitcode(os.wait()[1]))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], env=os.environ, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (ran.stdout, ran.stderr) == ("0\n", "")
    assert shop.execute("select id from calls") == [(1,)]


def test_a_group_that_another_transaction_holds_off_is_known_to_be_undone(shop: Database) -> None:
    shop.execute(f"alter database {shop.name} set lock_timeout = '20ms'")
    with shop.connect() as connection:
        connection.execute("begin; insert into calls (id) values (1)")
        writer = BatchWriter(shop.conninfo, ROWS, retries=Retries(first=0.01, longest=0.01, seconds=0.2))
        with pytest.raises(GroupFailedError) as caught, writer:
            writer.write((1, "x"))
    assert caught.value.is_decided


@pytest.mark.parametrize("copy_first", [True, False])
@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("timestamp", "timestamptz", dt.datetime(2024, 5, 6, 12, tzinfo=dt.UTC)),
        ("date", "timestamptz", dt.datetime(2024, 5, 6, 12, tzinfo=dt.UTC)),
        ("real", "double precision", 0.1),
        ("int", "bigint", 3_000_000_000),
        ("bigint", "text", "abc"),
    ],
)
def test_a_columns_type_may_be_changed_meanwhile(
    shop: Database,
    old: str,
    new: str,
    value: Any,
    copy_first: bool,  # noqa: FBT001
) -> None:
    shop.execute(f"create table events (id int primary key, value {old})")
    shop.execute(f"alter database {shop.name} set timezone = 'America/Toronto'")
    target = Insert("events", ("id", "value"), conflict=("id",), update=("value",), copy_first=copy_first)
    with BatchWriter(shop.conninfo, target) as writer:
        writer.write((1, None)).result(PATIENCE)
        shop.execute(f"alter table events alter value type {new}")
        writer.write((1, value)).result(PATIENCE)  # it conflicts, so the insert writes it
    assert shop.execute("select value from events") == [(value,)]


@pytest.mark.parametrize("target", [Append("events", ("id", "past", "tags")), Insert("events", ("id", "past", "tags"))])
def test_values_are_read_as_they_were_encoded_whatever_the_roles_settings(shop: Database, target: Any) -> None:
    shop.execute("create table events (id int primary key, past interval, tags text[])")
    shop.execute(f"alter database {shop.name} set intervalstyle = 'sql_standard'")
    shop.execute(f"alter database {shop.name} set array_nulls = off")
    row = (1, dt.timedelta(days=-1, seconds=5), ["a", None])
    with BatchWriter(shop.conninfo, target) as writer:
        writer.write(row).result(PATIENCE)
        writer.write((2, None, None)).result(PATIENCE)
    query = "select past = interval '-1 day 5 seconds', tags[2] is null from events where id = 1"
    shop.execute(f"alter database {shop.name} reset intervalstyle")
    assert shop.execute(query) == [(True, True)]
    assert shop.execute("select past, tags from events where id = 2") == [(None, None)]
