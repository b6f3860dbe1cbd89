"""Rules judged against one sample: which standings begin, rise, end. Pure; the only clock is the samples' own.

A standing is what is bad about one object by one rule. It is *pending* until it has held as long as the rule wants,
then *firing* until the quieter second threshold is met. Nobody is told of a pending one. What could not be seen (no
value, no connection) changes nothing: neither does an alert rise from it, nor is one resolved.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from pgclinic.model.clock import seconds_between
from pgclinic.model.watching import Sample
from pgclinic.watch.alerts.derived import UP, observed
from pgclinic.watch.alerts.measures import Measures
from pgclinic.watch.alerts.rules import Rule, Rules

WHOLE = ""
"""The object of what concerns the whole database."""
_UNSEEN_SECONDS = 600.0
"""So long pending is not taken to go on, and a firing object to be there, where nothing is seen of it."""
_CLOCK = "clock"


class Phase(StrEnum):
    """How far a standing is."""

    PENDING = "pending"
    FIRING = "firing"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is bad: ``rule`` on ``object`` of ``target``, ``since`` a sample's time, last ``seen_at`` with ``value``.

    ``is_told``: a message about it was given to the channels, which a silence puts off.
    """

    target: str
    rule: str
    object: str
    phase: Phase
    since: str
    seen_at: str
    value: float
    is_told: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """From ``before`` (None: there was nothing) to ``after`` (None: it is over), by a rule (None: it was taken out).

    ``at`` is the sample's time, ``value`` what was measured then, None where the object was not seen any more.
    """

    rule: Rule | None
    before: Standing | None
    after: Standing | None
    at: str
    value: float | None = None

    @property
    def standing(self) -> Standing:
        """What it is about, as it stands or stood."""
        standing = self.after or self.before
        assert standing is not None
        return standing

    @property
    def is_edge(self) -> bool:
        """Whether more than the value changed."""
        if self.before is None or self.after is None:
            return True
        return (self.before.phase, self.before.is_told) != (self.after.phase, self.after.is_told)

    @property
    def rises(self) -> bool:
        """Whether people are to be told that it is bad."""
        return self.after is not None and self.after.is_told and not (self.before and self.before.is_told)

    @property
    def resolves(self) -> bool:
        """Whether people who were told are to be told that it is over."""
        return self.after is None and self.before is not None and self.before.is_told


Standings = Mapping[tuple[str, str], Standing]
"""Of one target, by rule and object."""


def judged(rules: Rules, sample: Sample, standings: Standings, measures: Measures) -> Iterator[Change]:
    """What this sample changes, in the order of the rules; ``measures`` learns from it."""
    values: dict[str, dict[str, float | None]] = defaultdict(dict)
    for observation in observed(sample):
        values[observation.name][str(observation.object or WHOLE)] = observation.value
    for rule in rules.rules:
        mine = {about: each for (name, about), each in standings.items() if name == rule.name}
        if rule.concerns(sample.target):
            seen = measures.measured(rule, sample.at, values.get(rule.observation, {}), frozenset(mine))
            yield from _judged(rules, rule, sample, seen, mine)
        else:
            yield from (Change(rule=rule, before=each, after=None, at=sample.at) for each in mine.values())
    known = {rule.name for rule in rules.rules}
    for standing in standings.values():
        if standing.rule not in known:
            yield Change(rule=None, before=standing, after=None, at=sample.at)


def _judged(
    rules: Rules, rule: Rule, sample: Sample, seen: Mapping[str, float | None], standings: Mapping[str, Standing]
) -> Iterator[Change]:
    for about in sorted({*seen, *standings}):
        value, before = seen.get(about), standings.get(about)
        if value is None:
            after = before if before is None or about in seen else _unless_gone(before, rule, sample)
        else:
            after = _next(rule, before, sample, about, value)
        if after is not None and after.phase is Phase.FIRING and not after.is_told:
            quiet = any(each.covers(rule.name, sample.target, about, sample.at) for each in rules.silences)
            after = msgspec.structs.replace(after, is_told=not quiet)
        if after != before:
            yield Change(rule=rule, before=before, after=after, at=sample.at, value=value)


def _next(rule: Rule, before: Standing | None, sample: Sample, about: str, value: float) -> Standing | None:
    if before is None or before.phase is Phase.PENDING:
        if not rule.fires.holds(value):
            return None
        since = _held_since(rule, before, sample)
        is_long = seconds_between(since, sample.at) >= rule.for_seconds
        return Standing(
            target=sample.target,
            rule=rule.name,
            object=about,
            phase=Phase.FIRING if is_long else Phase.PENDING,
            since=since,
            seen_at=sample.at,
            value=value,
        )
    if rule.resolves.holds(value):
        return None
    return msgspec.structs.replace(before, seen_at=sample.at, value=value)


def _held_since(rule: Rule, before: Standing | None, sample: Sample) -> str:
    """Since when it has been so without a break: a clock that was set, or too long without a look, are one."""
    if before is None or sample.gap == _CLOCK:
        return sample.at
    unseen = seconds_between(before.seen_at, sample.at)
    return sample.at if unseen > max(rule.for_seconds, _UNSEEN_SECONDS) else before.since


def _unless_gone(before: Standing, rule: Rule, sample: Sample) -> Standing | None:
    """A standing of an object that this sample does not show: a session that ended, a slot that was dropped.

    Not every sample shows everything (sizes are looked at now and then), so it is given some time.
    """
    if sample.gap or before.object == WHOLE or rule.observation == UP:
        return before
    unseen = seconds_between(before.seen_at, sample.at)
    return None if unseen > 2 * max(rule.for_seconds, _UNSEEN_SECONDS) else before
