"""How much faster TPC-H really runs with what is proposed for a gigabyte: medians of warm runs, before and after."""

import statistics
import time
from collections.abc import Iterable, Mapping, Sequence

from benchmarks.data.databases import database
from benchmarks.data.judge import Built, built
from benchmarks.data.planned import snapshot_of
from benchmarks.data.points import MEGABYTE, definitions_of, search
from benchmarks.data.servers import server
from benchmarks.data.suites import TPCH
from benchmarks.report import Row
from pgclinic.advise.aims import TIME
from pgclinic.advise.limits import Limits
from pgclinic.model.catalog import IndexDefinition

MAJOR = 15
BUDGET = 1000
RUNS = 3


def run() -> Sequence[Row]:
    with server(MAJOR) as source:
        conninfo = database(source, TPCH)
        snapshot = snapshot_of(conninfo)
        (point,) = search(snapshot, TPCH, [BUDGET * MEGABYTE], Limits(), TIME).points
        chosen = definitions_of(snapshot, point)
        queries = TPCH.compared()
        with built(conninfo, chosen) as real:
            before, after = _seconds(real, (), queries), _seconds(real, chosen, queries)
    subject = f"tpch, {BUDGET} MB"
    rows = [
        Row(subject=f"{subject}, query {number}", figure="after / before", value=after[number] / before[number])
        for number in queries
    ]
    ratio = sum(after.values()) / sum(before.values())
    mean = statistics.geometric_mean(row.value for row in rows)
    return [
        *rows,
        Row(subject=subject, figure="total, after / before", value=ratio, line="below 1", passes=ratio < 1),
        Row(subject=subject, figure="geometric mean", value=mean, line="below 1", passes=mean < 1),
    ]


def _seconds(real: Built, shown: Iterable[IndexDefinition], queries: Mapping[int, str]) -> dict[int, float]:
    """The median wall time of each query, after a run that warms the cache."""
    real.show(shown)
    return {number: statistics.median(_times(real, query)[1:]) for number, query in queries.items()}


def _times(real: Built, query: str) -> list[float]:
    times = []
    for _ in range(RUNS + 1):
        begun = time.perf_counter()
        real.connection.execute(query.encode()).fetchall()
        times.append(time.perf_counter() - begun)
    return times
