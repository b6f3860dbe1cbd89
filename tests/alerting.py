"""Samples as a watch would make them, minute by minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pgclinic.model.names import ObjectName
from pgclinic.model.watching import Observation, Sample, StatementDelta, TableDelta
from pgclinic.watch.alerts.derived import unit_of
from pgclinic.watch.metrics.names import METRICS
from pgclinic.watch.observing import MEANINGS

BEGIN = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)  # a Monday


def at(minutes: float) -> str:
    return (BEGIN + timedelta(minutes=minutes)).isoformat()


def seen(name: str, value: float | None, of: str = "", kind: str = "slot") -> Observation:
    unit = unit_of(name)
    assert unit is not None
    return Observation(name=name, value=value, unit=unit, object=ObjectName(kind, of) if of else None)


def sample(minutes: float, *observations: Observation, target: str = "shop", **more: Any) -> Sample:
    return Sample(target=target, at=at(minutes), seconds=60.0, observations=observations, **more)


_OF = {"replica": "replica", "slot": "replication slot", "view": "materialized view"}


def everything(minutes: float = 0) -> Sample:
    """A sample in which every figure was seen, of a database with a statement and a table."""
    figures = []
    for name in MEANINGS:
        labels = METRICS[name].labels
        figures.append(seen(name, 2.0, "thing", _OF[labels[-1]]) if labels else seen(name, 2.0))
    table = TableDelta(
        relation=1, object=ObjectName("table", "orders", "public"), live_rows=90_000, dead_rows=9_000, bytes=80_000_000
    )
    statement = StatementDelta(queryid="42", role="app", calls=100, rows=7, total_ms=500.0, mean_ms=5.0)
    return sample(minutes, *figures, tables=(table,), statements=(statement,), took_ms=12.0)
