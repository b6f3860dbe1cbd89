"""Watching one target: look, set it against the look before, know what changed its name."""

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.model.history import StatementText
from pgclinic.model.snapshot import Server, Snapshot
from pgclinic.model.watching import Observation, Sample
from pgclinic.watch import deltas
from pgclinic.watch.clock import Clock
from pgclinic.watch.log_following import LogFollower, logs_every_statement
from pgclinic.watch.looks import CENSUS, CENSUS_SECONDS, COUNTERS, INTERVAL_SECONDS
from pgclinic.watch.sampler import Taken, sample, unreachable
from pgclinic.watch.source import Source

if TYPE_CHECKING:
    from pgclinic.model.names import ObjectName

LONGEST_PAUSE = 120.0
"""Seconds between two attempts at a server that does not answer, at the most."""

_TEXT_SECONDS = 60.0
_AT_FIRST = 3
"""Seconds between two questions for texts, but for the first: the server reads a whole file to answer."""


class Sighting(msgspec.Struct, frozen=True):
    """A sample with what else is to be kept of the look: new texts, and which server it was where that changed."""

    sample: Sample
    texts: tuple[StatementText, ...] = ()
    server: Server | None = None


class Handover(msgspec.Struct, frozen=True):
    """What a watcher has to know to go on where another stopped, so that nothing in between is lost."""

    before: Snapshot
    census: Snapshot | None
    own: frozenset[str]
    utility: frozenset[str]
    told: frozenset[int]


class Watcher:
    """One target's eye. Not to be used by two threads at once."""

    def __init__(
        self,
        name: str,
        source: Source,
        clock: Clock,
        *,
        interval: float = INTERVAL_SECONDS,
        census_seconds: float = CENSUS_SECONDS,
        log: LogFollower | None = None,
        figures: Callable[[], Iterable[Observation]] = tuple,
    ) -> None:
        """``figures`` are asked after a look, for what no probe sees."""
        self.name = name
        self.interval = interval
        self.failures = 0
        self._source = source
        self._figures = figures
        self._clock = clock
        self._census_seconds = census_seconds
        self._log = log
        self._before: Snapshot | None = None
        self._before_at: float | None = None
        self._census: Snapshot | None = None
        self._census_at = 0.0
        self._missed = 0
        self._server: Server | None = None
        self._names: dict[int, ObjectName] = {}
        self._texts_at = 0.0
        self._questions = 0
        self._told: set[int] = set()
        self._own: set[str] = set()
        self._utility: set[str] = set()

    @property
    def pause(self) -> float:
        """Seconds until the next look: longer and longer where the server does not answer."""
        if not self.failures:
            return self.interval
        return max(self.interval, min(self.interval * 2.0 ** (self.failures - 1), LONGEST_PAUSE))

    def look(self, *, late: float = 0.0) -> Sighting:
        """Look once; ``late`` seconds after it should have been. Never raises what the target is to blame for."""
        begin = self._clock.steady()
        self._missed += int(late // self.interval)
        is_census = self._census is None or begin - self._census_at >= self._census_seconds
        try:
            after = self._source.ask(COUNTERS | CENSUS if is_census else COUNTERS)
            self._learn_names(after)
            texts = self._new_texts(after)
        except UserError as error:
            self.failures += 1
            self._missed += 1
            taken = self._taken(begin, late)
            return Sighting(unreachable(self.name, self._clock.now(), str(error), taken=taken))
        taken = self._taken(begin, late)
        made = sample(
            self.name,
            self._before,
            after,
            census=self._census,
            names=self._names,
            own=self._own,
            utility=self._utility,
            durations=self._durations(after),
            taken=taken,
        )
        made = msgspec.structs.replace(made, observations=(*made.observations, *self._figures()))
        self._remember(after, begin, is_census=is_census)
        return Sighting(made, texts, self._newly_met(after.server))

    def handover(self) -> Handover | None:
        """What the next watcher of this target is to be given; None where nothing was seen yet."""
        if self._before is None:
            return None
        own, utility = frozenset(self._own), frozenset(self._utility)
        return Handover(self._before, self._census, own, utility, frozenset(self._told))

    def take_over(self, handover: Handover | None) -> None:
        """Go on where another watcher stopped; how long ago that was, only the server's clock will tell.

        None: nothing is known of what is kept already, so that the next look is the first.
        """
        if handover is None:
            self._before = None
            return
        if self._census is None:
            self._census_at = self._clock.steady() - self._census_seconds
        self._before, self._census = handover.before, handover.census
        self._own, self._utility = set(handover.own), set(handover.utility)
        self._told = set(handover.told)
        self._before_at = None

    def close(self) -> None:
        """Let go of the target."""
        self._source.close()

    def _taken(self, begin: float, late: float) -> Taken:
        now = self._clock.steady()
        return Taken(
            elapsed=None if self._before_at is None else begin - self._before_at,
            interval=self.interval,
            took_ms=(now - begin) * 1000,
            late_seconds=late,
            missed=self._missed,
        )

    def _remember(self, look: Snapshot, begin: float, *, is_census: bool) -> None:
        self._missed = self.failures = 0
        self._before_at = begin
        # Nothing is ever set against who was at work then.
        self._before = msgspec.structs.replace(look, sessions=(), indexes=(), relations=(), settings=())
        if is_census:
            self._census_at = begin
            self._census = msgspec.structs.replace(
                look, sessions=(), statements=(), response_times=(), table_counters=(), relations=()
            )

    def _durations(self, look: Snapshot) -> list[float] | None:
        """From the log, where one is followed and the server writes every statement into it."""
        settings = look if look.settings else self._census
        if self._log is None or not logs_every_statement(settings):
            return None
        return self._log.durations(look.server.database)

    def _learn_names(self, look: Snapshot) -> None:
        """Names of all tables, asked for at once where there is a new one: what it gained is to have a name."""
        relations = look.relations
        if not relations and any(each.relation not in self._names for each in look.table_counters):
            relations = self._source.ask({"relations"}).relations
        if relations:
            self._names = deltas.names_of(relations)

    def _new_texts(self, look: Snapshot) -> tuple[StatementText, ...]:
        unknown = {each.queryid for each in look.statements if int(each.queryid) not in self._told}
        now = self._clock.steady()
        if not unknown or (self._questions >= _AT_FIRST and now - self._texts_at < _TEXT_SECONDS):
            return ()
        self._questions += 1
        self._texts_at = now
        texts = self._source.texts(unknown)
        self._told = {int(each.queryid) for each in look.statements}
        present = {each.queryid for each in look.statements}
        self._own = _kept(self._own, present, {each.queryid for each in texts if each.is_own})
        self._utility = _kept(self._utility, present, {each.queryid for each in texts if each.verb == "utility"})
        return texts

    def _newly_met(self, server: Server) -> Server | None:
        """The server where it is not the one that was met before, or has another role."""
        before, self._server = self._server, server
        if before is not None and (before.system_identifier, before.database, before.in_recovery) == (
            server.system_identifier,
            server.database,
            server.in_recovery,
        ):
            return None
        return server


def _kept(known: Collection[str], present: Collection[str], new: Collection[str]) -> set[str]:
    """What is known, forgetting what the server forgot: memory stays as large as pg_stat_statements."""
    return {each for each in known if each in present} | set(new)
