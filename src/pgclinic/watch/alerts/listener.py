"""The listener of a watch that alerts: judges each sample it hears, keeps what stands, and has people told.

It never raises because of the store: what stands goes on in memory, messages go straight to the channels, and once the
store answers again it is brought up to date.
"""

import threading
import time
from collections.abc import Callable, Iterable

import msgspec
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from pgclinic.model.finding import Severity
from pgclinic.model.watching import Observation, Sample
from pgclinic.watch.alerts.channels import Sender
from pgclinic.watch.alerts.derived import is_aside
from pgclinic.watch.alerts.engine import Change, Standing, judged
from pgclinic.watch.alerts.ledger import Ledger
from pgclinic.watch.alerts.measures import Measures
from pgclinic.watch.alerts.notices import Message, Notice, notice_of
from pgclinic.watch.alerts.rules import Rule, Rules
from pgclinic.watch.alerts.sending import FIRST_PAUSE, GROUP_SECONDS, ChannelState, Dispatcher

Past = Callable[[str, Rule], Iterable[tuple[str, str, float]]]
"""What a target's history holds for a rule: object, time and value, the oldest first."""


class _Target:
    """What is kept in memory of one target. ``is_behind``: the store has not what stands."""

    def __init__(self) -> None:
        self.measures = Measures()
        self.standings: dict[tuple[str, str], Standing] = {}
        self.is_behind = False
        self.aside: tuple[Observation, ...] = ()
        self.unseen: set[str] = set()


class Alerts:
    """Rules in force. ``heard`` may be called from several threads, one target at a time by each."""

    def __init__(
        self,
        rules: Rules,
        engine: Engine,
        *,
        say: Callable[[str], None],
        past: Past | None = None,
        group_seconds: float = GROUP_SECONDS,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        """Begin to send; ``engine`` is the history store's. Raises UserError for a channel that cannot be."""
        senders = [Sender(channel, rules.source) for channel in rules.channels]
        self.rules = rules
        self._least = {sender.name: sender.severity for sender in senders}
        self._ledger = Ledger(engine)
        self._say = say
        self._past = past
        self._targets: dict[str, _Target] = {}
        self._lock = threading.Lock()
        self._dispatcher = Dispatcher(senders, self._ledger, say, group_seconds=group_seconds, first_pause=first_pause)

    def heard(self, sample: Sample) -> None:
        """Judge a sample."""
        target = self._target(sample.target)
        if is_aside(sample):
            target.aside = sample.observations
            return
        sample = msgspec.structs.replace(sample, observations=(*sample.observations, *target.aside))
        if not target.is_behind:
            try:
                self._judge(sample, target)
            except SQLAlchemyError as error:
                self._say(
                    f"What stands of {sample.target} could not be stored ({type(error).__name__}); memory keeps it."
                )
                target.is_behind = True
        else:
            self._judge_by_memory(sample, target)
        self._say_unseen(sample, target)

    def standings(self) -> tuple[Standing, ...]:
        """What stands on every target heard so far, as far as this watcher knows."""
        with self._lock:
            return tuple(each for target in self._targets.values() for each in target.standings.values())

    def channels(self) -> tuple[ChannelState, ...]:
        """How each channel does."""
        return self._dispatcher.states()

    def close(self) -> None:
        """Stop sending; what is left in the store is sent by who watches next."""
        self._dispatcher.close()

    def _target(self, name: str) -> _Target:
        with self._lock:
            if name not in self._targets:
                self._targets[name] = self._begun(name)
            return self._targets[name]

    def _begun(self, name: str) -> _Target:
        target = _Target()
        if self._past is not None:
            for rule in self.rules.rules:
                if rule.over and rule.concerns(name):
                    for about, at, value in self._past(name, rule):
                        target.measures.learn(rule, about, at, value)
        return target

    def _judge(self, sample: Sample, target: _Target) -> None:
        try:
            standings = self._ledger.standings(sample.target)
        except SQLAlchemyError:
            self._judge_by_memory(sample, target)
            raise
        changes = tuple(judged(self.rules, sample, standings, target.measures))
        target.standings = _with(standings, changes)
        try:
            kept = self._ledger.record(sample, changes, self._addressed, time.time())
        except SQLAlchemyError:
            # Whatever was to be told is told all the same.
            self._dispatcher.hand_over(each for change in changes for each in self._addressed(change))
            raise
        if any(change.is_edge for change in kept):
            self._dispatcher.wake()

    def _judge_by_memory(self, sample: Sample, target: _Target) -> None:
        changes = tuple(judged(self.rules, sample, target.standings, target.measures))
        target.standings = _with(target.standings, changes)
        self._dispatcher.hand_over(each for change in changes for each in self._addressed(change))
        try:
            self._ledger.restore(sample, tuple(target.standings.values()), self.rules.rules)
        except SQLAlchemyError:
            return
        target.is_behind = False
        self._say(f"What stands of {sample.target} is stored again.")

    def _addressed(self, change: Change) -> Iterable[tuple[str, Notice]]:
        notice = notice_of(change)
        if notice is None:
            return ()
        return [(name, notice) for name, least in self._least.items() if notice.severity >= least]

    def _say_unseen(self, sample: Sample, target: _Target) -> None:
        """Say once what a rule cannot see at all: nobody is to believe that it is watched."""
        if sample.seconds is None:
            return
        seen = {observation.name for observation in sample.observations}
        rule = next((each for each in self.rules.rules if each.observation == "disk_free_bytes"), None)
        if rule and rule.concerns(sample.target) and "disk_free_bytes" not in seen and rule.name not in target.unseen:
            target.unseen.add(rule.name)
            self._say(
                f"{sample.target}: how much of its disk is free cannot be seen from here; "
                f"the rule {rule.name} does not watch it."
            )


def trial(rules: Rules) -> dict[str, str]:
    """Send a message to every channel now; by its name an empty text, or why it was not taken. Raises UserError."""
    message = Message("pgclinic: a trial", "This is a trial alert of pgclinic watch: the channel works.", Severity.INFO)
    return {channel.name: Sender(channel, rules.source).send(message) for channel in rules.channels}


def _with(standings: dict[tuple[str, str], Standing], changes: Iterable[Change]) -> dict[tuple[str, str], Standing]:
    after = dict(standings)
    for change in changes:
        key = (change.standing.rule, change.standing.object)
        after.pop(key, None)
        if change.after is not None:
            after[key] = change.after
    return after
