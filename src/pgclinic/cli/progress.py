"""Driving a verb from a terminal: progress on stderr, and only when somebody can see it and it takes a while."""

import sys
import time
from typing import TYPE_CHECKING, Self, TypeVar

from pgclinic.cli.output import say, wants_color
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from pgclinic.model.progress import Progress

Noun = TypeVar("Noun")

_WIDEST_STEP = 40
_MINUTES_FROM = 90
_PATIENCE_SECONDS = 1.0
"""A verb that is done sooner shows no progress at all."""


def shown(verb: "Generator[Progress, None, Noun]") -> Noun:
    """Drive ``verb`` to its end and return its noun; notes stay on stderr, bars only on a terminal and for a while."""
    if not sys.stderr.isatty():
        return drive(verb, _tell_note)
    with _Terminal() as terminal:
        return drive(verb, terminal.tell)


def _tell_note(progress: "Progress") -> None:
    from pgclinic.report.printable import printable

    if progress.note:
        say(printable(progress.note, lines=True))


class _Terminal:
    """A bar on stderr for each step at hand; gone without a trace when the verb ends."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._bars: Bars | None = None
        self._lanes: dict[int, tuple[str, TaskID]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def tell(self, progress: "Progress") -> None:
        from pgclinic.report.printable import printable, shortened

        if progress.note:
            note = printable(progress.note, lines=True)
            if self._bars is None:
                say(note)
            else:
                self._bars.console.print(note, markup=False, highlight=False, soft_wrap=True)
        if self._bars is None:
            if time.monotonic() - self._started < _PATIENCE_SECONDS:
                return
            self._bars = _bars()
            self._bars.start()
        lane = self._lanes.get(progress.lane)
        if lane is not None and lane[0] != progress.step:
            self._bars.remove_task(self._lanes.pop(progress.lane)[1])
            lane = None
        if not progress.step:
            return
        if lane is None:
            task = self._bars.add_task(shortened(progress.step, _WIDEST_STEP), total=None, left="")
            lane = self._lanes[progress.lane] = (progress.step, task)
        left = f"about {_left(progress.seconds_left)} left" if progress.seconds_left is not None else ""
        self._bars.update(lane[1], completed=progress.done or 0, total=progress.total, left=left)


def _left(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < _MINUTES_FROM else f"{seconds / 60:.0f} min"


def _bars() -> "Bars":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    color = wants_color(sys.stderr)
    console = Console(stderr=True, no_color=not color, markup=False, highlight=False)
    return Progress(
        SpinnerColumn(style="cyan"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=12, complete_style="cyan", finished_style="cyan", pulse_style="cyan"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        console=console,
        transient=True,
    )
