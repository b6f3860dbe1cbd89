"""Refreshing beside the watch: a few threads of its own, so that no refresh keeps a look waiting.

A listener too: a server that cannot be reached, or is a standby, is left alone until it says otherwise.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg

from pgclinic.model.errors import UserError
from pgclinic.model.watching import Sample
from pgclinic.watch.alerts.derived import UNREACHABLE
from pgclinic.watch.refresh.settings import Refreshing
from pgclinic.watch.refresh.work import Outcome, install, make_partitions, opened, refresh_views

TURN_SECONDS = 30.0
_PARTITIONS_SECONDS = 3_600.0
_MOST_AT_ONCE = 4
_LOG = logging.getLogger(__name__)


class Refresher:
    """Keeps views fresh and partitions ahead on each target, until ``close``; ``say`` gets a line about changes."""

    def __init__(
        self,
        targets: Mapping[str, str],
        settings: Refreshing,
        *,
        say: Callable[[str], None],
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        """``targets`` are conninfos by name."""
        self.counts = Counter[tuple[str, str]]()
        self._targets = {name: _Target(name, conninfo, settings) for name, conninfo in targets.items()}
        self._say = say
        self._turn_seconds = turn_seconds
        self._away: set[str] = set()
        self._stopped = threading.Event()
        self._workers = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="refresh")
        self._thread = threading.Thread(target=self._run, name="refresher", daemon=True)
        self._thread.start()

    def heard(self, sample: Sample) -> None:
        """Note whether the target can be reached."""
        if sample.gap == UNREACHABLE:
            self._away.add(sample.target)
        else:
            self._away.discard(sample.target)

    def close(self) -> None:
        """Stop; what is being refreshed is broken off, and rolled back by its server."""
        self._stopped.set()
        for target in self._targets.values():
            target.break_off()
        self._thread.join()
        self._workers.shutdown(wait=True)

    def _run(self) -> None:
        while not self._stopped.is_set():
            free = [each for name, each in self._targets.items() if name not in self._away]
            for target in free:
                if target.idle.acquire(blocking=False):
                    self._workers.submit(self._turn, target)
            self._stopped.wait(self._turn_seconds)

    def _turn(self, target: "_Target") -> None:
        try:
            for outcome in target.turn():
                self.counts[target.name, outcome.what] += 1
                self._tell(target, outcome)
            target.trouble = ""
        except (UserError, psycopg.Error) as error:
            words = str(error).splitlines()[0] if str(error) else type(error).__name__
            if not self._stopped.is_set() and target.trouble != words:
                self._say(f"{target.name}: nothing is refreshed: {words}")
            target.trouble = words
        except Exception:  # noqa: BLE001 - nobody asks the thread how it ended
            _LOG.exception("A refresh of %s failed.", target.name)
        finally:
            target.idle.release()

    def _tell(self, target: "_Target", outcome: Outcome) -> None:
        """Failures once until they are over, partitions made, and once why a table is left alone."""
        about = outcome.object.path
        said = target.said.get(about, "")
        if outcome.what in {"failed", "left alone"}:
            if outcome.reason != said:
                word = "is left alone" if outcome.what == "left alone" else "could not be refreshed"
                self._say(f"{target.name}: {about} {word}: {outcome.reason}.")
            target.said[about] = outcome.reason
        elif outcome.what in {"refreshed", "made"}:
            if said:
                self._say(f"{target.name}: {about} is kept up again.")
            if outcome.partitions:
                self._say(f"{target.name}: {outcome.partitions} partitions of {about} were made.")
            target.said.pop(about, None)


class _Target:
    def __init__(self, name: str, conninfo: str, settings: Refreshing) -> None:
        self.name = name
        self.idle = threading.Lock()
        self.said: dict[str, str] = {}
        self.trouble = ""
        self._conninfo = conninfo
        self._settings = settings
        self._session: psycopg.Connection | None = None
        self._is_installed = False
        self._is_over = False
        self._partitions_at = -_PARTITIONS_SECONDS

    def turn(self) -> "list[Outcome]":
        """What came of everything that was due. Raises UserError and psycopg.Error."""
        with opened(self._conninfo, self._settings) as session:
            self._session = session
            if session.execute("select pg_catalog.pg_is_in_recovery()").fetchone() == (True,):
                return []
            if not self._is_installed:
                install(session)
                self._is_installed = True
            outcomes = []
            for outcome in refresh_views(session, self._settings, is_over=lambda: self._is_over):
                outcomes.append(outcome)
                if self._is_over:
                    return outcomes
            if time.monotonic() - self._partitions_at >= _PARTITIONS_SECONDS:
                outcomes += make_partitions(session, self._settings, is_over=lambda: self._is_over)
                self._partitions_at = time.monotonic()
            return outcomes

    def break_off(self) -> None:
        """Cancel what its session is running."""
        self._is_over = True
        session = self._session
        if session is not None and not session.closed:
            try:
                session.cancel_safe(timeout=2.0)
            except psycopg.Error:
                return
