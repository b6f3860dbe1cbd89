import asyncio
import threading
import time

import pytest

from pgclinic_runtime.waiting import Bell, Latch, Promise

PATIENCE = 60


def test_a_bell_rung_before_it_is_waited_for_is_heard_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()
    started = time.monotonic()
    bell.wait(PATIENCE)
    assert time.monotonic() - started < PATIENCE
    bell.wait(0.01)
    assert time.monotonic() - started >= 0.01


def test_a_latch_lets_all_go_on_and_stays_set() -> None:
    latch, went_on = Latch(), []
    threads = [threading.Thread(target=lambda: went_on.append(latch.wait(PATIENCE))) for _ in range(20)]
    for thread in threads:
        thread.start()
    assert not latch.wait(0.01)
    assert not went_on
    latch.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert went_on == [True] * 20
    assert latch.wait(0)


def test_a_latch_that_is_set_while_others_come_to_wait_forgets_none() -> None:
    for _ in range(300):
        latch = Latch()
        waiting = [threading.Thread(target=latch.wait, args=[PATIENCE]) for _ in range(3)]
        setting = threading.Thread(target=latch.set)
        for thread in (*waiting[:2], setting, waiting[2]):
            thread.start()
        for thread in (*waiting, setting):
            thread.join(PATIENCE)
            assert not thread.is_alive()


def test_whoever_gives_up_is_not_told() -> None:
    latch = Latch()
    for _ in range(3):
        latch.wait(0)
    assert not latch._listeners


def test_a_task_that_is_cancelled_takes_nothing_from_the_others() -> None:
    async def main() -> None:
        promise = Promise[int]()
        tasks = [asyncio.create_task(promise.awaited()) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.sleep(0)
        promise.settle(7)
        await asyncio.gather(*tasks[1:])
        assert tasks[0].cancelled()
        assert promise.outcome() == 7
        await promise.awaited()
        assert not promise._listeners

    asyncio.run(main())


def test_a_promise_that_fails_raises_its_error_to_everybody() -> None:
    promise = Promise[int]()
    promise.fail(ValueError("no"))
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            promise.outcome()
