"""How much each statement of a workload matters, and what its writes would pay for an index."""

from collections.abc import Sequence

import msgspec

from pgclinic.advise.aims import COST, Aims
from pgclinic.advise.costing import Costs
from pgclinic.advise.index_sets import NONE
from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.shape import Shape
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import SLOW_CALLS, SLOW_TOTAL_MS, WorkloadStatement
from pgclinic.sql.mentions import words


class Subject(msgspec.Struct, frozen=True):
    """A statement under examination, with the indexes that were thought of because of it."""

    statement: WorkloadStatement
    shape: Shape
    candidates: tuple[IndexDefinition, ...]


class Weights(msgspec.Struct, frozen=True):
    """Each statement's part of the objective, together 1, and whether it may be the reason for an index.

    ``total`` is what 1 stands for: milliseconds where ``is_time``, else planner cost.
    """

    shares: tuple[float, ...]
    counts: tuple[bool, ...]
    total: float
    is_time: bool


def is_measured(statements: Sequence[WorkloadStatement]) -> bool:
    """Whether every statement's time was measured; a workload from files has only its weights."""
    return bool(statements) and all(statement.total_ms is not None for statement in statements)


def slow_in_themselves(statements: Sequence[WorkloadStatement], slow_ms: float) -> tuple[bool, ...]:
    """Of each statement whether it is slow whatever its share of the workload is; none where nothing was measured."""
    is_known = is_measured(statements) and sum(each.total_ms or 0.0 for each in statements) >= SLOW_TOTAL_MS
    return tuple(
        is_known and each.calls >= SLOW_CALLS and (each.total_ms or 0.0) >= slow_ms * each.calls for each in statements
    )


def weights_of(subjects: Sequence[Subject], costs: Costs, aims: Aims) -> Weights:
    """By measured time; where nothing was measured by the weights given; or by planner cost when that is the aim."""
    statements = [subject.statement for subject in subjects]
    planned = [
        statement.calls * (costed.cost if (costed := costs.of(position, NONE)) else 0.0)
        for position, statement in enumerate(statements)
    ]
    measured = is_measured(statements)
    counts = tuple(
        not measured or (statement.total_ms or 0.0) > aims.fast_enough_ms * statement.calls for statement in statements
    )
    if aims.objective == COST:
        weights = planned
    elif measured:
        weights = [statement.total_ms or 0.0 for statement in statements]
    else:
        weights = [_given(statement) if cost else 0.0 for statement, cost in zip(statements, planned, strict=True)]
    is_time = measured and aims.objective != COST
    whole = sum(weights) or 1.0
    total = whole if is_time else sum(planned) or 1.0
    return Weights(tuple(weight / whole for weight in weights), counts, total, is_time)


def _given(statement: WorkloadStatement) -> float:
    """What whoever wrote the workload says that the statement matters."""
    return statement.calls if statement.importance is None else statement.importance


def write_share(
    snapshot: Snapshot, subjects: Sequence[Subject], index: IndexDefinition, weights: Weights, aims: Aims
) -> float:
    """What maintaining the index would cost the workload's writes, as a share of the objective."""
    entry = aims.write_ms if weights.is_time else aims.write_cost
    return entry * entries_written(snapshot, subjects, index) / weights.total


def entries_written(snapshot: Snapshot, subjects: Sequence[Subject], index: IndexDefinition) -> float:
    """Index entries that the workload's own statements would write because of it, so over the same time as its reads.

    An UPDATE that assigns no indexed column writes only where it is not HOT (a HOT update leaves every index alone);
    the table's counters say how often. One that assigns a column which this index would be the first to hold is HOT no
    more: it then pays for every index of the table (BRIN excepted). COPY is not counted: a load can build its indexes
    afterwards.
    """
    relation = snapshot.relation_by_name.get(index.relation)
    if relation is None:
        return 0.0
    counters = snapshot.counters_of.get(relation.oid)
    updates = counters.n_tup_upd if counters else 0
    hot_share = counters.n_tup_hot_upd / updates if counters and updates else 0.0
    own = _columns(index)
    others = [each.definition for each in snapshot.indexes_of.get(relation.oid, ()) if each.definition.method != "brin"]
    held = frozenset[str]().union(*map(_columns, others))
    total = 0.0
    for subject in subjects:
        for change in subject.shape.changes:
            if change.relation != index.relation or change.verb == "delete":
                continue
            rows = subject.statement.calls * max(1.0, subject.statement.rows or 0)
            if change.verb != "update":
                total += rows
            elif not change.columns & own:
                total += rows * (1 - hot_share)
            elif index.method == "brin" or change.columns & held:
                total += rows
            else:
                total += rows * (1 + hot_share * len(others))
    return total


def _columns(index: IndexDefinition) -> frozenset[str]:
    """The columns that an index holds, and every word of its expressions and predicate: some of them are columns."""
    held = {key.expression for key in index.keys if key.is_column} | set(index.include)
    texts = [key.expression for key in index.keys if not key.is_column] + [index.predicate]
    return frozenset(held).union(*(words(text) for text in texts if text))
