"""What observations are called as metrics, by Prometheus' rules: base units, ``_total`` for what only grows.

Labels are bounded: a statement is its query id and role, never its text; of what there are many (statements, tables)
only the largest are shown.
"""

from collections.abc import Mapping

import msgspec

from pgclinic.model.evidence import Unit
from pgclinic.model.names import ObjectName
from pgclinic.watch.observing import MEANINGS

NAMESPACE = "pgclinic_"
_COUNTED = frozenset({"archive_failures", "checksum_failures", "deadlocks", "evictions"})
"""Observations that say what was gained since the look before: counters, when they are added up."""
_RENAMED = {
    "freeze_age": "oldest_unfrozen_transactions",
    "multixact_age": "oldest_multixact_ids",
    "oldest_xmin_age": "oldest_needed_transactions",
    "evictions": "statement_evictions",
    "rollbacks": "rolled_back_transactions",
}
_ENDINGS = {
    Unit.MILLISECONDS: ("_ms", "_seconds", 0.001),
    Unit.SECONDS: ("_s", "_seconds", 1.0),
    Unit.RATIO: ("", "_ratio", 1.0),
}
_LABELS: Mapping[str, tuple[str, ...]] = {
    "replica": ("replica",),
    "replication slot": ("slot",),
    "materialized view": ("schema", "view"),
    "table": ("schema", "table"),
}
_OF = {
    "replication_lag_bytes": "replica",
    "replication_lag_s": "replica",
    "slot_bytes": "replication slot",
    "slot_unused_bytes": "replication slot",
    "view_staleness_s": "materialized view",
}
"""Of which kind of object an observation is; all others are of the whole database."""


class Metric(msgspec.Struct, frozen=True):
    """A metric: its name, what it means, the factor to its base unit, its labels beside the target."""

    name: str
    meaning: str
    factor: float = 1.0
    labels: tuple[str, ...] = ()
    is_counter: bool = False


def _metric(name: str, unit: Unit, meaning: str) -> Metric:
    ours = _RENAMED.get(name, name)
    labels = _LABELS[_OF[name]] if name in _OF else ()
    sentence = f"{meaning[0].upper()}{meaning[1:]}."
    if name in _COUNTED:
        plain = sentence.replace(" since the look before", " since the watch began")
        return Metric(f"{NAMESPACE}{ours}_total", plain, labels=labels, is_counter=True)
    ours = ours.removesuffix("_per_s") + "_per_second" if ours.endswith("_per_s") else ours
    own, base, factor = _ENDINGS.get(unit, ("", "", 1.0))
    return Metric(f"{NAMESPACE}{ours.removesuffix(own)}{base}", sentence, factor, labels)


METRICS: Mapping[str, Metric] = {name: _metric(name, unit, meaning) for name, (unit, meaning) in MEANINGS.items()}
"""By the name of the observation."""


def label_values(about: ObjectName | None, labels: tuple[str, ...]) -> tuple[str, ...]:
    """What an object is called in labels."""
    if about is None or not labels:
        return ("",) * len(labels)
    return (about.schema, about.name)[-len(labels) :]
