"""Protocol apart from input and output: a generator says what is to be done next, a driver does it.

The logic is written once; ``run`` drives it over ordinary functions, ``run_async`` over coroutine functions of the same
names. (psycopg's ``generators.py`` is built the same way.)
"""

from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

Result = TypeVar("Result")
Steps: TypeAlias = Generator[Callable[[], Any], Any, Result]
"""Yields functions without arguments, is sent what they return or thrown what they raise, and returns a result."""


def run(steps: Steps[Result]) -> Result:
    """Drive to the end over functions that return their results. Raises what the steps raise."""
    try:
        action = next(steps)
        while True:
            try:
                done = action()
            except BaseException as error:  # noqa: BLE001 - the steps decide what to do about it
                action = steps.throw(error)
            else:
                action = steps.send(done)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]


async def run_async(steps: Steps[Result]) -> Result:
    """The same over functions that return awaitables."""
    try:
        action = next(steps)
        while True:
            try:
                done = await action()
            except BaseException as error:  # noqa: BLE001 - the steps decide, cancellation included
                action = steps.throw(error)
            else:
                action = steps.send(done)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]
