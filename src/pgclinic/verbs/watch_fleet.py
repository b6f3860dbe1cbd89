"""Work as one of several that watch many databases together."""

import threading
from collections.abc import Callable, Generator, Sequence
from datetime import time

from pgclinic.model.progress import Progress
from pgclinic.model.watching_report import WatchReport
from pgclinic.verbs.driving import drive
from pgclinic.verbs.nightly import nightly
from pgclinic.verbs.watch import WatchTarget
from pgclinic.watch.fleet import Fleet, Pace, register, registered
from pgclinic.watch.history import History
from pgclinic.watch.listener import Listener
from pgclinic.watch.notes import Notes
from pgclinic.watch.upkeep import Retention

_TELL_SECONDS = 0.5


def watch_fleet(
    targets: Sequence[WatchTarget],
    *,
    history: History,
    pace: Pace,
    retention: Retention | None = None,
    listeners: Sequence[Listener] = (),
    notes: Notes | None = None,
    checkup_at: time | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> Generator[Progress, None, WatchReport]:
    """Add ``targets`` to the fleet of this store, and watch what this worker gets of it until ``is_over``.

    Reads only from the targets. ``notes`` takes what the listeners have to say, too. Raises UserError for a store that
    is no PostgreSQL, and for a target with a password.
    """
    notes, over = notes or Notes(), threading.Event()
    fleet = Fleet(
        history,
        pace=pace,
        retention=retention,
        listeners=(*listeners, notes),
        examine=lambda name, conninfo: drive(nightly(name, conninfo, history)),
        checkup_at=checkup_at,
    )
    register(history, [(each.name, each.conninfo) for each in targets])
    failed: list[BaseException] = []

    def work() -> None:
        try:
            fleet.run(over)
        except BaseException as error:  # noqa: BLE001 - told by whoever waits for it
            failed.append(error)

    thread = threading.Thread(target=work, name="pgclinic-fleet")
    thread.start()
    try:
        while thread.is_alive() and not is_over():
            for note in notes.taken(fleet.keeper):
                yield Progress("", note=note)
            yield Progress(f"one of a fleet: {fleet.loop.looks} looks, {fleet.shifts} shifts ended")
            thread.join(_TELL_SECONDS)
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]
    return WatchReport(
        targets=len(registered(history)),
        looks=fleet.loop.looks,
        written=fleet.keeper.written,
        dropped=fleet.keeper.dropped,
        gaps={gap: count for gap, count in sorted(fleet.loop.gaps.items()) if gap},
    )
