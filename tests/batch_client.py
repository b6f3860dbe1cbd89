"""A process that writes numbered rows and says on its output which of them it was told are safe; to be killed.

Arguments: conninfo, the first number, threads or asyncio, append or insert, a spool's folder or nothing.
"""

import asyncio
import itertools
import signal
import sys
from collections.abc import Iterator
from typing import Any

from pgclinic_runtime.batches import Append, AsyncBatchWriter, BatchWriter, Insert, Limits, Retries

GROUP = 20


def told(first: int, stop: int) -> None:
    sys.stdout.write(f"{first} {stop}\n")
    sys.stdout.flush()


def groups(first: int) -> Iterator[tuple[int, list[tuple[int, str]]]]:
    for start in itertools.count(first, GROUP):
        # Every seventh group holds a row that the table refuses.
        yield start, [(n, "bad" if n % (7 * GROUP) == 3 else f"row\t{n}") for n in range(start, start + GROUP)]


def decide(ticket: Any, start: int, stop: int) -> None:
    try:
        ticket.result(120)
    except Exception as error:
        if not hasattr(error, "refusals"):
            raise
    told(start, stop)


def work(writer: BatchWriter, first: int, spooled: bool) -> None:  # noqa: FBT001
    waiting: list[tuple[Any, int, int]] = []
    with writer:
        for start, rows in groups(first):
            waiting.append((writer.write_many(rows), start, start + GROUP))
            if len(waiting) == 5:
                ticket, begin, stop = waiting.pop(0)
                if spooled:
                    ticket.kept(120)
                    told(begin, stop)
                else:
                    decide(ticket, begin, stop)


async def work_async(writer: AsyncBatchWriter, first: int, spooled: bool) -> None:  # noqa: FBT001
    waiting: list[tuple[Any, int, int]] = []
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with writer:
        for start, rows in groups(first):
            waiting.append((await writer.write_many(rows), start, start + GROUP))
            if len(waiting) == 5:
                ticket, begin, stop = waiting.pop(0)
                try:
                    await (ticket.kept() if spooled else ticket.result())
                except Exception as error:
                    if not hasattr(error, "refusals"):
                        raise
                told(begin, stop)


def main() -> None:
    conninfo, first, kind, how, *spool = sys.argv[1:]
    columns = ("number", "text")
    target = Append("events", columns) if how == "append" else Insert("events", columns)
    options: dict[str, Any] = {"limits": Limits(rows=50, seconds=0.02), "retries": Retries(first=0.02, longest=0.3)}
    if spool:
        options["spool"] = spool[0]
    if kind == "threads":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        work(BatchWriter(conninfo, target, **options), int(first), bool(spool))
    else:
        try:
            asyncio.run(work_async(AsyncBatchWriter(conninfo, target, **options), int(first), bool(spool)))
        except asyncio.CancelledError:
            sys.exit(0)


if __name__ == "__main__":
    main()
