"""Watching what is sent on behalf of a request: a tally in the context, and what to do about what it shows."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pgclinic_runtime.guard.places import calling_place
from pgclinic_runtime.guard.tally import Repeated, Tally
from pgclinic_runtime.guard.telemetry import describe

Act = Callable[[tuple[Repeated, ...]], None]
LIMIT = 10

_current: ContextVar[Tally | None] = ContextVar("pgclinic_tally", default=None)


class NPlusOneWarning(UserWarning):
    """A statement is sent once for each row of another; ask for all keys at once."""


class NPlusOneError(Exception):
    """As the warning, where it shall not pass."""


def warn(repeated: tuple[Repeated, ...]) -> None:
    """Warn of each repeated statement, at the line that sends it."""
    for each in repeated:
        warnings.warn_explicit(str(each), NPlusOneWarning, each.place.file, each.place.line)


def fail(repeated: tuple[Repeated, ...]) -> None:
    """Raise ``NPlusOneError``."""
    raise NPlusOneError("; ".join(map(str, repeated)))


def ignore(repeated: tuple[Repeated, ...]) -> None:
    """Say nothing: the tally, and the span's attributes, tell."""


@contextmanager
def watched(limit: int = LIMIT, act: Act = warn) -> Iterator[Tally]:
    """Count the statements that are sent within, by this task or thread and those it starts.

    What one line sent more than ``limit`` times goes to ``act`` at the end; the current OpenTelemetry span is told
    too, where there is one. When the body raises, that is all there is to say.
    """
    tally = Tally()
    token = _current.set(tally)
    try:
        yield tally
    finally:
        _current.reset(token)
        describe(tally, limit)
    if repeated := tally.repeated(limit):
        act(repeated)


def sent(statement: str) -> None:
    """A statement is being sent: for hooks of drivers. Costs next to nothing while nothing is watched."""
    if (tally := _current.get()) is not None:
        tally.add(statement, calling_place())
