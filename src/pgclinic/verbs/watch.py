"""Look at databases again and again, and keep what was seen."""

import os
import threading
from collections.abc import Callable, Generator, Sequence
from datetime import datetime, time
from pathlib import Path

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.model.watching_report import WatchReport
from pgclinic.postgres.connect import parameters_of
from pgclinic.verbs.nights import Nights
from pgclinic.watch.clock import SystemClock
from pgclinic.watch.history import History
from pgclinic.watch.keeper import Keeper
from pgclinic.watch.listener import Listener
from pgclinic.watch.log_following import LogFollower
from pgclinic.watch.looks import INTERVAL_SECONDS
from pgclinic.watch.loop import Loop
from pgclinic.watch.notes import Notes
from pgclinic.watch.source import ServerSource
from pgclinic.watch.upkeep import Retention
from pgclinic.watch.watcher import Watcher

_TELL_SECONDS = 0.5


class WatchTarget(msgspec.Struct, frozen=True):
    """A server to watch, under a name without secrets; the conninfo may hold a password, the text does not."""

    name: str
    conninfo: str

    def __repr__(self) -> str:
        """Without the conninfo."""
        return f"WatchTarget({self.name!r})"


def watch_target(conninfo: str) -> WatchTarget:
    """A target named after where it is: ``host:port/database``. Raises UserError for what is no conninfo."""
    given = parameters_of(conninfo)
    host = given.get("host") or given.get("hostaddr") or os.environ.get("PGHOST") or "localhost"
    port = given.get("port") or os.environ.get("PGPORT") or "5432"
    user = given.get("user") or os.environ.get("PGUSER") or ""
    database = given.get("dbname") or os.environ.get("PGDATABASE") or user or "postgres"
    place = "[local]" if host.startswith("/") else host
    return WatchTarget(f"{place}:{port}/{database}", conninfo)


def watch(
    targets: Sequence[WatchTarget],
    *,
    history: History,
    interval: float = INTERVAL_SECONDS,
    seconds: float | None = None,
    listeners: Sequence[Listener] = (),
    checkup_at: time | None = None,
    retention: Retention | None = None,
    log: Path | None = None,
    notes: Notes | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> Generator[Progress, None, WatchReport]:
    """Look every ``interval`` seconds until ``is_over`` or for so many ``seconds``; whatever ends it, all is kept.

    Each night, when ``checkup_at`` has come by this machine's clock, every target is examined and graded; None: never.
    ``log`` is the log of the one target's server, or its folder, for true percentiles.
    Reads only. A server that does not answer and a store that cannot be written are told as notes, and never end it;
    ``notes`` may be given, so that others can say something too.
    """
    clock = SystemClock()
    if log is not None and len(targets) > 1:
        raise UserError("--log is of one server; give one TARGET with it.")
    follower = None if log is None else LogFollower(log)
    keeper = Keeper(history, clock, retention=retention)
    sources = [(each.name, ServerSource(each.conninfo)) for each in targets]
    watchers = [
        Watcher(name, source, clock, interval=interval, log=follower, figures=source.figures)
        for name, source in sources
    ]
    notes = notes or Notes()
    places = [(each.name, each.conninfo) for each in targets] if checkup_at else []
    nights = Nights(places, history, checkup_at or time(), listeners=listeners)
    with Loop(watchers, keeper, clock, listeners=(*listeners, notes)) as loop:
        thread = threading.Thread(target=loop.run, args=(seconds,), name="pgclinic-watch")
        thread.start()
        try:
            while thread.is_alive() and not is_over():
                yield from _told(notes, keeper)
                for note in nights.step(datetime.now().astimezone()):
                    yield Progress("", note=note)
                yield Progress(_line(loop, keeper, len(targets)))
                thread.join(_TELL_SECONDS)
        finally:
            loop.stop()
            thread.join()
            nights.close()
    yield from _told(notes, keeper)
    return WatchReport(
        targets=len(targets),
        looks=loop.looks,
        written=keeper.written,
        dropped=keeper.dropped,
        gaps={gap: count for gap, count in sorted(loop.gaps.items()) if gap},
    )


def _told(notes: Notes, keeper: Keeper) -> Generator[Progress, None, None]:
    for note in notes.taken(keeper):
        yield Progress("", note=note)


def _line(loop: Loop, keeper: Keeper, targets: int) -> str:
    dropped = f", {keeper.dropped} dropped" if keeper.dropped else ""
    return f"watching {targets} databases: {loop.looks} looks, {keeper.written} kept{dropped}"
