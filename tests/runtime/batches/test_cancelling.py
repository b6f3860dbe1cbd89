"""An ``AsyncBatchWriter`` among tasks: they wait for it, close it together, and are cancelled at any time."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from conftest import Database
from pgclinic_runtime.batches import Append, AsyncBatchWriter, GroupFailedError, Limits, Retries
from pgclinic_runtime.batches.records import Kept
from pgclinic_runtime.batches.spool import Spool

pytestmark = pytest.mark.server
CALLS = Append("calls", ("id", "phone"))
LATER = Limits(rows=1000, seconds=600)
CONNECTED = """
    select count(*) from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
"""
LOCKED_OUT = "select count(*) from pg_locks where relation = 'calls'::regclass and not granted"


async def bounded(work: Coroutine[Any, Any, None]) -> None:
    """In this task, for ``cancel_all_but`` would cancel another's wait for it."""
    async with asyncio.timeout(60):
        await work


def cancel_all_but(*tasks: "asyncio.Task[object]") -> None:
    """As a framework does that ends."""
    for task in asyncio.all_tasks() - {*tasks, asyncio.current_task()}:
        task.cancel()


@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_was_accepted_is_written_however_often_its_owner_is_cancelled(shop: Database, times: int) -> None:
    async def owner(begun: asyncio.Event, writer: AsyncBatchWriter) -> None:
        async with writer:
            await writer.write((1, "one"))
            begun.set()
            await asyncio.sleep(600)

    async def main() -> None:
        begun, writer = asyncio.Event(), AsyncBatchWriter(shop.conninfo, Append("calls", ("id", "phone")), limits=LATER)
        with shop.connect() as other:
            other.execute("begin")
            other.execute("lock table calls")  # so that closing takes as long as we like
            task = asyncio.create_task(owner(begun, writer))
            await begun.wait()
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0.05)
            assert not task.done()
            other.execute("rollback")
        with pytest.raises(asyncio.CancelledError):
            await task
        await writer.open()  # it has let go of everything, and can be used again
        await writer.write((2, "two"))
        await writer.close()

    asyncio.run(main())
    assert shop.execute("select id from calls order by id") == [(1,), (2,)]


def test_a_cancelled_owner_learns_why_rows_were_not_written() -> None:
    async def main() -> None:
        target, quick = Append("calls", ("id", "phone")), Retries(seconds=0)
        writer = AsyncBatchWriter("host=/nowhere", target, limits=LATER, retries=quick)
        await writer.open()
        ticket = await writer.write((1, "one"))
        closing = asyncio.create_task(writer.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await closing
        assert isinstance(cancelled.value.__cause__, GroupFailedError)
        with pytest.raises(GroupFailedError):
            await ticket

    asyncio.run(main())


def test_tasks_that_wait_for_room_cost_nothing_meanwhile() -> None:
    async def main() -> float:
        target, quick = Append("calls", ("id",)), Retries(first=1, seconds=1)
        writer = AsyncBatchWriter("host=/nowhere", target, most_bytes=1, retries=quick)
        await writer.open()
        await writer.write((0,))
        waiting = [asyncio.create_task(writer.write((number,))) for number in range(1, 11)]
        await asyncio.sleep(0.1)
        spent, begun = time.process_time(), time.monotonic()
        await asyncio.sleep(1)
        share = (time.process_time() - spent) / (time.monotonic() - begun)
        assert not any(task.done() for task in waiting)
        with pytest.raises(GroupFailedError, match="server is away"):
            await writer.close()
        assert all(isinstance(error, RuntimeError) for error in await asyncio.gather(*waiting, return_exceptions=True))
        return share

    assert asyncio.run(main()) < 0.3


def test_tasks_that_waited_for_room_are_served_in_their_order(shop: Database) -> None:
    async def main() -> None:
        order: list[int] = []

        async def work(number: int) -> None:
            ticket = await writer.write((number,))
            order.append(number)
            await ticket

        async with AsyncBatchWriter(shop.conninfo, Append("calls", ("id",)), most_bytes=20) as writer:
            tasks = [asyncio.create_task(work(number)) for number in range(200)]
            await asyncio.sleep(0)
            for task in tasks[100:150]:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
        assert order == [number for number in range(200) if number not in range(100, 150)]
        assert [isinstance(one, asyncio.CancelledError) for one in done] == [100 <= n < 150 for n in range(200)]

    asyncio.run(main())
    assert shop.execute("select count(*) from calls") == [(150,)]


def test_tasks_may_close_a_writer_and_its_spool_together(shop: Database, tmp_path: Path) -> None:
    async def main() -> None:
        writer = AsyncBatchWriter(shop.conninfo, CALLS, limits=LATER, spool=tmp_path)
        for number in range(20):
            await writer.open()
            await writer.write((number, "1"))
            await asyncio.gather(*(writer.close() for _ in range(5)))

    asyncio.run(main())
    assert shop.execute("select count(*) from calls") == [(20,)]
    assert list(tmp_path.glob("*.spool")) == []


def test_one_of_those_who_close_a_writer_learns_of_its_failure() -> None:
    async def main() -> None:
        writer = AsyncBatchWriter("host=/nowhere", CALLS, limits=LATER, retries=Retries(seconds=0))
        await writer.open()
        await writer.write((1, "1"))
        done = await asyncio.gather(*(writer.close() for _ in range(5)), return_exceptions=True)
        assert [type(one) for one in done if one] == [GroupFailedError]

    asyncio.run(main())


@pytest.mark.parametrize("times", [1, 2, 3])
def test_who_is_cancelled_opening_a_writer_leaves_its_spool_free(
    shop: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    take = Spool.open

    def slowly(spool: Spool) -> tuple[Kept, ...]:
        left = take(spool)
        time.sleep(0.3)
        return left

    async def main() -> None:
        left = AsyncBatchWriter("host=/nowhere", CALLS, limits=LATER, spool=tmp_path, retries=Retries(seconds=0))
        await left.open()
        await left.write((1, "one"))
        with pytest.raises(GroupFailedError):
            await left.close()
        writer = AsyncBatchWriter(shop.conninfo, CALLS, spool=tmp_path)
        with monkeypatch.context() as patch:
            patch.setattr(Spool, "open", slowly)
            opening = asyncio.create_task(writer.open())
            for _ in range(times):
                await asyncio.sleep(0.05)
                opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
        async with AsyncBatchWriter(shop.conninfo, CALLS, spool=tmp_path):
            pass
        async with writer:
            await writer.write((2, "two"))

    asyncio.run(main())
    assert shop.execute("select id from calls order by id") == [(1,), (2,)]


def test_a_writer_is_opened_by_one_task_only(shop: Database, tmp_path: Path) -> None:
    async def main() -> None:
        writer = AsyncBatchWriter(shop.conninfo, CALLS, spool=tmp_path)
        opened = await asyncio.gather(writer.open(), writer.open(), return_exceptions=True)
        assert [type(one) for one in opened] == [AsyncBatchWriter, RuntimeError]
        await writer.close()

    asyncio.run(main())


@pytest.mark.parametrize("has_spool", [False, True])
@pytest.mark.parametrize("when", ["at once", "waiting", "writing"])
def test_who_cancels_the_writers_tasks_leaves_nobody_waiting(
    shop: Database,
    tmp_path: Path,
    has_spool: bool,  # noqa: FBT001
    when: str,
) -> None:
    is_writing = when == "writing"

    async def main() -> None:
        limits = Limits(seconds=0) if is_writing else LATER
        writer = AsyncBatchWriter(shop.conninfo, CALLS, limits=limits, spool=tmp_path if has_spool else None)
        with shop.connect() as other:
            other.execute("begin; lock table calls")
            await writer.open()
            ticket = await writer.write((1, "one"))
            if when == "waiting":
                await asyncio.sleep(0.1)
            while is_writing and other.execute(LOCKED_OUT).fetchone() == (0,):  # noqa: ASYNC110 - the server's doing
                await asyncio.sleep(0.01)
            result = asyncio.create_task(ticket.result())
            cancel_all_but(result)
            with pytest.raises(GroupFailedError, match="was cancelled") as failed:
                await result
            assert failed.value.is_decided == (not is_writing)
            with contextlib.nullcontext() if has_spool and is_writing else pytest.raises(GroupFailedError):
                await ticket.kept()
            with pytest.raises(RuntimeError, match="not open"):
                await writer.write((2, "two"))
            with pytest.raises(GroupFailedError, match="was cancelled"):
                await writer.close()
            await writer.close()
            await writer.flush()
            other.execute("rollback")
            while other.execute(CONNECTED).fetchone() != (0,):  # noqa: ASYNC110 - the server's doing
                await asyncio.sleep(0.01)
        async with writer:
            await writer.write((3, "three"))

    asyncio.run(bounded(main()))
    written = [(1,), (3,)] if has_spool and is_writing else [(3,)]
    assert shop.execute("select id from calls order by id") == written


def test_who_waits_for_room_or_a_flush_is_told_that_the_tasks_were_cancelled() -> None:
    async def main() -> None:
        writer = AsyncBatchWriter("host=/nowhere", CALLS, most_bytes=1)
        await writer.open()
        await writer.write((1, "1"))
        room = [asyncio.create_task(writer.write((number, "1"))) for number in range(3)]
        flush = asyncio.create_task(writer.flush())
        await asyncio.sleep(0.1)
        cancel_all_but(*room, flush)
        told = await asyncio.gather(*room, flush, return_exceptions=True)
        assert [type(one) for one in told] == [RuntimeError] * 3 + [GroupFailedError]
        await writer.close()

    asyncio.run(bounded(main()))


def test_a_group_on_its_way_to_disk_is_kept_though_all_tasks_are_cancelled(
    shop: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(spool: Spool, key: UUID, data: bytes) -> None:
        time.sleep(0.3)
        keep(spool, key, data)

    async def main() -> None:
        writer = AsyncBatchWriter(shop.conninfo, CALLS, limits=Limits(seconds=0), spool=tmp_path)
        await writer.open()
        ticket = await writer.write((1, "one"))
        await asyncio.sleep(0.1)
        cancel_all_but()
        with pytest.raises(GroupFailedError):
            await writer.close()
        await ticket.kept()
        async with writer:
            pass

    keep = Spool.keep
    monkeypatch.setattr(Spool, "keep", slowly)
    asyncio.run(bounded(main()))
    assert shop.execute("select id from calls") == [(1,)]


@pytest.mark.parametrize("method", ["keep", "forget"])
def test_a_spool_that_breaks_leaves_nobody_waiting(
    shop: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("mine")

    async def main() -> None:
        writer = AsyncBatchWriter(shop.conninfo, CALLS, spool=tmp_path)
        await writer.open()
        with monkeypatch.context() as patch:
            patch.setattr(Spool, method, broken)
            ticket = await writer.write((1, "one"))
            if method == "keep":
                with pytest.raises(KeyError):
                    await ticket.kept()
                await ticket
                await writer.close()
            else:
                with pytest.raises(GroupFailedError, match="mine") as failed:
                    await ticket
                assert not failed.value.is_decided  # it is in the database, and on disk too
                with pytest.raises(GroupFailedError, match="mine"):
                    await writer.close()
        async with writer:
            await writer.write((2, "two"))

    asyncio.run(bounded(main()))
    assert shop.execute("select id from calls order by id") == [(1,), (2,)]


def test_a_ledger_that_is_not_there_fails_groups(shop: Database) -> None:
    shop.execute("drop schema pgclinic_runtime cascade")

    async def main() -> None:
        writer = AsyncBatchWriter(shop.conninfo, CALLS)
        await writer.open()
        ticket = await writer.write((1, "one"))
        with pytest.raises(GroupFailedError, match=r"does not exist$") as failed:
            await ticket
        assert failed.value.is_decided
        with pytest.raises(GroupFailedError):
            await writer.close()

    asyncio.run(main())
