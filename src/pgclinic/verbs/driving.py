"""Running a verb to its end."""

from collections.abc import Callable, Generator
from typing import TypeVar

from pgclinic.model.progress import Progress

Noun = TypeVar("Noun")


def drive(verb: Generator[Progress, None, Noun], on_progress: Callable[[Progress], object] | None = None) -> Noun:
    """What the verb returns, after telling ``on_progress`` of each step.

    Whatever interrupts the telling also ends the verb, so that its own cleaning up is done before this returns.
    """
    try:
        while True:
            try:
                progress = next(verb)
            except StopIteration as end:
                noun: Noun = end.value
                return noun
            if on_progress is not None:
                on_progress(progress)
    finally:
        verb.close()
