"""When watched databases are examined: once a night, one after the other."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, time, timedelta

from pgclinic.model.errors import UserError
from pgclinic.model.nightly import Night
from pgclinic.verbs.driving import drive
from pgclinic.verbs.nightly import as_sample, nightly
from pgclinic.watch.history import History
from pgclinic.watch.listener import Listener
from pgclinic.watch.moments import micros
from pgclinic.watch.writing import StoreError

_AGAIN = timedelta(hours=1)
"""After a checkup that failed."""
_LOG = logging.getLogger(__name__)


def is_due(last: str | None, now: datetime, hour: time) -> bool:
    """Whether that hour has come since the last checkup; ``now`` has a time zone, whose hours are meant."""
    if last is None:
        return True
    latest = datetime.combine(now.date(), hour, tzinfo=now.tzinfo)
    if latest > now:
        latest -= timedelta(days=1)
    return datetime.fromisoformat(last) < latest


class Nights:
    """Examines what is due, in a thread of its own; the looks go on meanwhile."""

    def __init__(
        self,
        places: Sequence[tuple[str, str]],
        history: History,
        hour: time,
        *,
        listeners: Sequence[Listener] = (),
        examine: Callable[[str, str, History], Night] = lambda *given: drive(nightly(*given)),
    ) -> None:
        """``places`` are names and conninfos."""
        self._places = dict(places)
        self._history = history
        self._hour = hour
        self._listeners = listeners
        self._examine = examine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pgclinic-night")
        self._running: tuple[str, Future[Night]] | None = None
        self._not_before: dict[str, datetime] = {}
        self._last: dict[str, str] = {}

    def step(self, now: datetime) -> Iterator[str]:
        """Begin the next checkup that is due, and tell of the one that ended; never waits."""
        if self._running is not None:
            name, future = self._running
            if not future.done():
                return
            self._running = None
            yield from self._ended(name, future, now)
        for name, conninfo in self._places.items():
            if now >= self._not_before.get(name, now) and is_due(self._last_of(name), now, self._hour):
                self._running = name, self._thread.submit(self._examine, name, conninfo, self._history)
                return

    def close(self) -> None:
        """Wait for the checkup under way."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _ended(self, name: str, future: "Future[Night]", now: datetime) -> Iterator[str]:
        try:
            night = future.result()
        except (UserError, StoreError) as error:
            self._not_before[name] = now + _AGAIN
            yield f"{name}: the checkup failed: {error}"
            return
        except Exception as error:  # noqa: BLE001 - a mistake of ours ends no watch
            _LOG.error("The checkup of %s failed.", name, exc_info=error)
            self._not_before[name] = now + _AGAIN
            return
        self._last[name] = night.at
        self._not_before[name] = now + _AGAIN  # whatever a server's clock says, not again and again
        for listener in self._listeners:
            listener.heard(as_sample(name, night))
        yield from told(name, night)

    def _last_of(self, name: str) -> str | None:
        if name not in self._last:
            try:
                grades = self._history.grades(name)
            except StoreError:
                return None
            if grades:
                self._last[name] = max((each.at for each in grades), key=micros)
        return self._last.get(name)


def told(name: str, night: Night) -> Iterator[str]:
    """What is worth a line: the grade, what got slower, and what to think over."""
    yield f"{name}: {night.letter} {night.score:.0f}"
    for each in night.slower:
        yield (
            f"{name}: statement {each.fingerprint or each.queryid} takes {each.now_ms:.3g} ms, {each.factor:.1f} times "
            f"as long as in the week before ({each.now_calls} calls)."
        )
    for treated in night.harmed:
        worst = treated.slowdowns[0]
        yield (
            f"{name}: since treatment {treated.item} ({treated.object}) statement {worst.fingerprint} takes "
            f"{worst.factor:.1f} times as long; think of: pgclinic undo TARGET --item {treated.item}"
        )
