"""Samples as a watch would make them, minute by minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pgclinic.model.names import ObjectName
from pgclinic.model.watching import Observation, Sample
from pgclinic.watch.alerts.derived import unit_of

BEGIN = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)  # a Monday


def at(minutes: float) -> str:
    return (BEGIN + timedelta(minutes=minutes)).isoformat()


def seen(name: str, value: float | None, of: str = "", kind: str = "slot") -> Observation:
    unit = unit_of(name)
    assert unit is not None
    return Observation(name=name, value=value, unit=unit, object=ObjectName(kind, of) if of else None)


def sample(minutes: float, *observations: Observation, target: str = "shop", **more: Any) -> Sample:
    return Sample(target=target, at=at(minutes), seconds=60.0, observations=observations, **more)
