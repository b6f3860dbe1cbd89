"""Autovacuum looks round once a minute: right after a VACUUM it is not behind."""

import pytest

from pgclinic.checks import load
from pgclinic.model.catalog import Relation
from pgclinic.model.counters import TableCounters
from pgclinic.model.snapshot import Header, Server, Snapshot


def seen(**counters: str) -> Snapshot:
    return Snapshot(
        header=Header(
            format_version=1,
            collector="test",
            clock="2026-01-01T12:00:00+00:00",
            probes=("relations", "table_counters", "settings"),
        ),
        server=Server(version_num=180000, version="18", database="shop"),
        relations=(Relation(oid=1, schema="public", name="calls", kind="r", owner="app", tuples=20_000, pages=100),),
        table_counters=(TableCounters(relation=1, n_live_tup=20_000, n_dead_tup=15_000, **counters),),
    )


@pytest.mark.parametrize("field", ["last_vacuum", "last_autovacuum"])
def test_a_table_that_was_just_vacuumed_is_left_alone(field: str) -> None:
    examine = load("autovacuum_behind").examine
    assert len(list(examine(seen()))) == 1
    assert len(list(examine(seen(**{field: "2026-01-01T11:55:00+00:00"})))) == 1
    assert list(examine(seen(**{field: "2026-01-01T11:59:00+00:00"}))) == []
