"""Waiting for other threads, also where a signal's handler may raise at any instant.

Ctrl-C, a handler of SIGTERM that calls ``sys.exit`` and a task's time limit raise in the main thread wherever it just
is, also in the midst of ``threading``'s Condition and Event or of a ``concurrent.futures.Future``. Those are written in
Python and can then keep their lock for good: whoever needs it next waits for ever. What is here waits without a lock.
``with`` on a plain ``threading.Lock`` is safe: the interpreter looks for signals neither between the lock's taking and
the block nor between the block and its release (https://github.com/python/cpython/issues/148874 is 3.14's exception).
"""

import asyncio
import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Value = TypeVar("Value")


class Bell:
    """Wakes the one who waits; rung before, it wakes at once."""

    __slots__ = ("_rings",)

    def __init__(self) -> None:
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring(self) -> None:
        """Any number of rings before a ``wait`` may be one."""
        if self._rings.empty():
            self._rings.put(None)

    def wait(self, seconds: float | None = None) -> None:
        """Until it rings, or for so long. Look whether there is anything: it may ring once too often."""
        with suppress(queue.Empty):
            self._rings.get(timeout=None if seconds is None else min(max(0.0, seconds), threading.TIMEOUT_MAX))


class Latch:
    """Is set once, and then stays so; any number may wait for it."""

    __slots__ = ("_is_set", "_listeners")

    def __init__(self) -> None:
        self._is_set = False
        self._listeners: list[Callable[[], object]] = []

    def is_set(self) -> bool:
        """Whether it is."""
        return self._is_set

    def set(self) -> None:
        """Let all go on who wait."""
        self._is_set = True
        # Who comes to the list after this copy finds the latch set.
        for listener in list(self._listeners):
            listener()

    def wait(self, seconds: float | None = None) -> bool:
        """Until it is set, or for so long; whether it is set."""
        if not self._is_set:
            bell = Bell()
            self._listeners.append(bell.ring)
            try:
                if not self._is_set:
                    bell.wait(seconds)
            finally:
                self._listeners.remove(bell.ring)
        return self._is_set

    async def awaited(self) -> None:
        """As ``wait``, where it is set in the thread of the running event loop."""
        if not self._is_set:
            done = asyncio.get_running_loop().create_future()

            def listener() -> None:
                if not done.done():
                    done.set_result(None)

            self._listeners.append(listener)
            try:
                await done
            finally:
                self._listeners.remove(listener)


class Promise(Latch, Generic[Value]):
    """A latch that is set with a value, or with an error."""

    __slots__ = ("_error", "_value")

    _error: Exception | None
    _value: Value

    def settle(self, value: Value) -> None:
        """This is it."""
        self._value, self._error = value, None
        self.set()

    def fail(self, error: Exception) -> None:
        """It came to nothing."""
        self._error = error
        self.set()

    def outcome(self) -> Value:
        """Of a promise that is set: its value; raises its error."""
        if self._error is not None:
            raise self._error.with_traceback(None)  # each would add its own to it
        return self._value
