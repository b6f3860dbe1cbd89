"""An ``AsyncBatchWriter`` among tasks: they wait for it, close it together, and are cancelled at any time."""

import asyncio
import time

import pytest

from conftest import Database
from pgclinic_runtime.batches import Append, AsyncBatchWriter, GroupFailedError, Limits, Retries

pytestmark = pytest.mark.server
LATER = Limits(rows=1000, seconds=600)


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
