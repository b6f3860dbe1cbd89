"""One search for several budgets, and each answer as the judge finds it."""

import resource
import time
from collections.abc import Iterable, Mapping, Sequence
from statistics import geometric_mean

import msgspec

from benchmarks.data.judge import Built, built
from benchmarks.data.planned import script_of
from benchmarks.data.suites import Suite
from pgclinic.advise.aims import Aims
from pgclinic.advise.limits import Limits
from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.plan import Asked, Plan, Question, WhatIfIndex
from pgclinic.model.prescription import FrontierPoint
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.index_ddl import CreateIndex, read_index_ddl
from pgclinic.sql.resolve import resolver_of
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import INDEX, prescribe

MEGABYTE = 10**6


class Search(msgspec.Struct, frozen=True):
    """What one run of prescribe said for every budget, and what it took.

    ``seconds`` passed on the wall; ``cpu_seconds`` were spent by it and by its private server together.
    """

    points: tuple[FrontierPoint, ...]
    seconds: float
    cpu_seconds: float
    plans: int
    candidates: int


class Judged(msgspec.Struct, frozen=True):
    """A point of the frontier, really built.

    ``cost`` is the workload's planner cost relative to before, ``mean`` the geometric mean over the queries of the
    same; ``replanned`` is ``cost`` by a fresh twin; ``worst`` is the largest difference of a query's cost on the twin
    from the server's, relative to the server's.
    """

    point: FrontierPoint
    bytes: int
    cost: float
    mean: float
    replanned: float
    worst: float


def search(snapshot: Snapshot, suite: Suite, budgets: Sequence[int], limits: Limits, objective: str) -> Search:
    """Ask prescribe for all budgets, in bytes, at once; without thresholds that would leave a budget unspent."""
    aims = Aims(objective=objective, min_gain=0, storage_price=0)
    begun, spent = time.perf_counter(), _cpu_seconds()
    script = script_of(suite)
    course = drive(prescribe(snapshot, script=script, budgets=tuple(budgets), limits=limits, aims=aims, kinds=[INDEX]))
    seconds = time.perf_counter() - begun
    effect = course.workload
    return Search(effect.frontier, seconds, _cpu_seconds() - spent, effect.plans, effect.candidates)


def _cpu_seconds() -> float:
    """Of this process and of every ended one that it started."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def judge(conninfo: str, snapshot: Snapshot, suite: Suite, points: Iterable[FrontierPoint]) -> list[Judged]:
    """Build the indexes of all points at once, and look at each point with only its own to be seen."""
    chosen = [(point, definitions_of(snapshot, point)) for point in points]
    everything = [each for _, definitions in chosen for each in definitions]
    queries = suite.compared()
    verdicts = []
    with Twin(snapshot) as twin, built(conninfo, everything) as real:
        before = real.costs((), queries)
        for point, definitions in chosen:
            after = real.costs(definitions, queries)
            planned = _planned(twin, definitions, queries)
            verdicts.append(
                Judged(
                    point,
                    _bytes(real, definitions),
                    sum(after.values()) / sum(before.values()),
                    geometric_mean(after[number] / before[number] for number in queries),
                    sum(planned.values()) / sum(_planned(twin, (), queries).values()),
                    max(abs(planned[number] / after[number] - 1) for number in queries),
                )
            )
    return verdicts


def definitions_of(snapshot: Snapshot, point: FrontierPoint) -> tuple[IndexDefinition, ...]:
    """What the point builds."""
    read = [each for sql in point.indexes for each in read_index_ddl(sql, resolver_of(snapshot))]
    return tuple(each.definition for each in read if isinstance(each, CreateIndex))


def _bytes(real: Built, definitions: Iterable[IndexDefinition]) -> int:
    return sum(real.bytes(definition) for definition in definitions)


def _planned(twin: Twin, definitions: Sequence[IndexDefinition], queries: Mapping[int, str]) -> dict[int, float]:
    made = [twin.add(definition) for definition in definitions]
    visible = frozenset(each.id for each in made if isinstance(each, WhatIfIndex))
    answers = twin.plan_all([Asked(Question(sql=query), visible) for query in queries.values()])
    return {
        number: answer.cost if isinstance(answer, Plan) else float("inf")
        for number, answer in zip(queries, answers, strict=True)
    }
