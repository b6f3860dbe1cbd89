"""Between the looks and the store: what cannot be written now waits, within bounds, and what was dropped is said."""

import logging
import threading
import uuid
from collections import Counter, deque
from collections.abc import Iterable, Sequence

import msgspec

from pgclinic.model.watching import Sample
from pgclinic.watch.clock import Clock
from pgclinic.watch.history import History
from pgclinic.watch.moments import SECOND, micros
from pgclinic.watch.upkeep import Retention, keep_up
from pgclinic.watch.watcher import Handover, Sighting, Watcher
from pgclinic.watch.writing import StoreError

MOST_WAITING = 32 << 20
"""Bytes of samples that wait for the store, packed; the oldest are dropped to make room."""

LEASE_SECONDS = 120.0
"""For which a watcher has a target for itself: after a crash another one takes over then."""

_AT_ONCE = 100
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_UPKEEP_SECONDS = 300.0
_LOG = logging.getLogger(__name__)


class Keeper:
    """Writes what is put into it, from one thread at a time; ``put`` may be called from any."""

    def __init__(
        self,
        history: History,
        clock: Clock,
        *,
        lease_seconds: float = LEASE_SECONDS,
        most_waiting: int = MOST_WAITING,
        retention: Retention | None = None,
    ) -> None:
        self.history = history
        self.holder = uuid.uuid4().hex
        self.written = 0
        self.dropped = 0
        self.trouble = ""
        self.others: set[str] = set()
        self._clock = clock
        self._lease = lease_seconds
        self._most_waiting = most_waiting
        self._lock = threading.Lock()
        self._fresh: list[Sighting] = []
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._dropped_of = Counter[str]()
        self._claims: dict[str, int] = {}
        self._pause = _FIRST_PAUSE
        self._retry_at = 0.0
        self._retention = retention or Retention()
        self._kept_up_at: dict[str, float] = {}
        self._unsettled = Counter[str]()
        self._left: dict[str, Handover] = {}

    def prepare(self, watcher: Watcher) -> None:
        """Before a look: who begins, or stands by, goes on from the last sample that the store has of the target.

        Not while samples wait for the store: the next goes on from those.
        """
        with self._lock:
            is_settled = not self._unsettled[watcher.name]
        if is_settled and watcher.name not in self._claims:
            self._take_over(watcher)

    def put(self, sighting: Sighting, left: Handover | None = None) -> None:
        """Have it kept, soon; ``left`` is what the next watcher has to know to go on from this sample."""
        with self._lock:
            self._fresh.append(sighting)
            self._unsettled[sighting.sample.target] += 1
            if left is not None:
                self._left[sighting.sample.target] = left

    def flush(self, *, at_once: bool = False) -> None:
        """Write what waits, oldest first; nothing is raised. A store that refuses is tried again after a while."""
        with self._lock:
            fresh, self._fresh = self._fresh, []
        if self.trouble and not at_once and self._clock.steady() < self._retry_at:
            self._set_aside(fresh)
            return
        try:
            while self._waiting:
                some = [self._waiting[number] for number in range(min(_AT_ONCE, len(self._waiting)))]
                self._write([msgspec.msgpack.decode(each, type=Sighting) for each in some])
                for each in some:
                    self._waiting.popleft()
                    self._waiting_bytes -= len(each)
            while fresh:
                self._write(fresh[:_AT_ONCE])
                del fresh[:_AT_ONCE]
            self._keep_up()
        except StoreError as error:
            if not self.trouble:
                _LOG.warning("The history store cannot be written: %s; samples wait in memory.", error)
            self.trouble = str(error)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            self._retry_at = self._clock.steady() + self._pause
            self._set_aside(fresh)
        else:
            if self.trouble:
                _LOG.warning("The history store is written again; %d samples were dropped.", self.dropped)
            self.trouble = ""
            self._pause = _FIRST_PAUSE

    def leave(self, watcher: Watcher) -> None:
        """Write what was seen, and leave this target to another watcher."""
        self.flush(at_once=True)
        self._left.pop(watcher.name, None)
        if self._claims.pop(watcher.name, None) is None:
            return
        try:
            self.history.release(_claim_of(watcher.name), self.holder)
        except StoreError as error:
            _LOG.warning("%s is left to others only when its lease ends: %s.", watcher.name, error)

    def close(self) -> None:
        """Write what can be written, and leave the targets to others."""
        self.flush(at_once=True)
        for name in self._claims:
            try:
                self.history.release(_claim_of(name), self.holder)
            except StoreError:
                return

    def _take_over(self, watcher: Watcher) -> None:
        try:
            left = self.history.handover(watcher.name)
            watcher.take_over(None if left is None else msgspec.msgpack.decode(left, type=Handover))
        except (StoreError, msgspec.DecodeError) as error:
            _LOG.warning("%s begins without a handover: %s.", watcher.name, error)

    def _keep_up(self) -> None:
        """Put together and forget, target by target: each in its turn, so that no flush takes long."""
        now = self._clock.steady()
        for target in self._claims:
            if now - self._kept_up_at.get(target, -_UPKEEP_SECONDS) >= _UPKEEP_SECONDS:
                is_first = target not in self._kept_up_at
                self._kept_up_at[target] = now
                keep_up(self.history, target, self._clock.now(), self._retention, is_thorough=is_first)

    def _write(self, sightings: Sequence[Sighting]) -> None:
        ours = [each for each in sightings if self._is_ours(each.sample.target)]
        try:
            self._write_all(ours)
        except StoreError as error:
            if not error.is_of_data:
                raise
            for each in ours:
                self._write_or_drop(each)
        self._settle(each.sample.target for each in sightings)

    def _write_all(self, sightings: Sequence[Sighting]) -> None:
        said: set[str] = set()
        samples = [self._told_of_drops(each.sample, said) for each in sightings]
        self.written += self.history.write_all(samples, self._handovers(samples))
        for target in said:
            del self._dropped_of[target]
        for each in sightings:
            if each.server is not None:
                self.history.describe(each.sample.target, each.server)
            if each.texts:
                self.history.write_texts(each.sample.target, each.texts)

    def _handovers(self, samples: Sequence[Sample]) -> dict[str, bytes | None]:
        """What is left after the last of these samples of each target; None where only a later one's is at hand."""
        last = {each.target: each.at for each in samples if each.gap != "unreachable"}
        with self._lock:
            left = {target: self._left.get(target) for target in last}
        return {
            target: msgspec.msgpack.encode(each)
            if each is not None and each.before.header.clock == last[target]
            else None
            for target, each in left.items()
        }

    def _settle(self, targets: Iterable[str]) -> None:
        with self._lock:
            self._unsettled.subtract(targets)

    def _write_or_drop(self, sighting: Sighting) -> None:
        """One that the store will never take must not keep the others from it."""
        try:
            self._write_all([sighting])
        except StoreError as error:
            if not error.is_of_data:
                raise
            self._drop(sighting.sample.target)
            _LOG.warning("A sample of %s cannot be kept: %s.", sighting.sample.target, error)

    def _told_of_drops(self, sample: Sample, said: set[str]) -> Sample:
        count = self._dropped_of.get(sample.target, 0)
        if not count or sample.target in said:
            return sample
        said.add(sample.target)
        reason = f"{sample.reason} {count} samples before this one could not be kept.".strip()
        return msgspec.structs.replace(sample, gap=sample.gap or "dropped", reason=reason)

    def _set_aside(self, sightings: Sequence[Sighting]) -> None:
        for each in sightings:
            packed = msgspec.msgpack.encode(each)
            self._waiting.append(packed)
            self._waiting_bytes += len(packed)
        while self._waiting_bytes > self._most_waiting and self._waiting:
            oldest = self._waiting.popleft()
            self._waiting_bytes -= len(oldest)
            target = msgspec.msgpack.decode(oldest, type=Sighting).sample.target
            self._drop(target)
            self._settle([target])

    def _drop(self, target: str) -> None:
        self.dropped += 1
        self._dropped_of[target] += 1

    def _is_ours(self, target: str) -> bool:
        """Whether this watcher keeps the target: two that did would count everything twice. Raises StoreError."""
        now = self._clock.now()
        if self._claims.get(target, 0) - micros(now) > self._lease / 2 * SECOND:
            return True
        if self.history.claim(_claim_of(target), self.holder, now=now, seconds=self._lease):
            self._claims[target] = micros(now) + int(self._lease * SECOND)
            self.others.discard(target)
            return True
        self._claims.pop(target, None)
        if target not in self.others:
            _LOG.warning("%s is kept by another watcher of this store; this one stands by.", target)
        self.others.add(target)
        return False


def _claim_of(target: str) -> str:
    return f"watch {target}"
