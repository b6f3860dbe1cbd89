"""Cancelling whoever closes an ``AsyncBatchWriter``: what was accepted is written all the same."""

import asyncio

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
