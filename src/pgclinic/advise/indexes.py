"""The index adviser: from a workload to prescriptions, every one confirmed by the planner."""

from collections.abc import Iterator, Sequence

import msgspec

from pgclinic.advise.aims import COST, Aims
from pgclinic.advise.candidates import candidates
from pgclinic.advise.costing import Costs
from pgclinic.advise.drops import useless_indexes
from pgclinic.advise.equivalence import serves
from pgclinic.advise.index_sets import NONE, IndexSet, ids_of, set_of
from pgclinic.advise.limits import Limits
from pgclinic.advise.planner import Planner
from pgclinic.advise.prescribing import Chosen, prescriptions
from pgclinic.advise.program import AtMost
from pgclinic.advise.questions import with_values
from pgclinic.advise.rejections import Refused, rejected
from pgclinic.advise.search import Effort, Objective, Point, Search
from pgclinic.advise.weighing import Subject, Weights, is_measured, slow_in_themselves, weights_of, write_share
from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.names import RelationName
from pgclinic.model.plan import WhatIfIndex
from pgclinic.model.prescription import FrontierPoint, Prescription, WorkloadEffect
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Workload, WorkloadStatement
from pgclinic.remedies import create_index
from pgclinic.sizes import heap_pages, leaves_of
from pgclinic.sizes.types import PAGE
from pgclinic.sql import quote
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.sql.statements import UnreadableSqlError

_BATCH = 256
"""Statements or indexes asked of the planner at a time: between two batches progress is shown."""

_Leading = tuple[RelationName, str, str, str]


class Advice(msgspec.Struct, frozen=True):
    """What to build and what to drop, and what it does for the workload as planned."""

    prescriptions: tuple[Prescription, ...]
    effect: WorkloadEffect


def advise(
    snapshot: Snapshot,
    workload: Workload,
    planner: Planner,
    *,
    aims: Aims | None = None,
    limits: Limits | None = None,
    budgets: Sequence[int] = (),
    names_rejected: bool = False,
) -> Iterator[Progress | Advice]:
    """Yields progress, and last of all the Advice.

    With ``budgets``, in bytes, there is a point of the frontier for each, and the advice is that of the largest.
    """
    adviser = _Adviser(snapshot, workload, planner, aims or Aims(), limits or Limits())
    yield from adviser.read()
    yield from adviser.plan_as_it_is()
    yield from adviser.make_indexes()
    search = adviser.search(has_budget=bool(budgets))
    points = []
    for event in search.frontier(tuple(budgets) or (None,)):
        if isinstance(event, Point):
            points.append(event)
        else:
            yield event
    yield Progress("writing the prescription")
    yield adviser.advice(search, points, names_rejected=names_rejected)


def _leading(definition: IndexDefinition) -> _Leading:
    """What decides whether a statement could use an index at all: table, method, predicate and first key."""
    return definition.relation, definition.method, definition.predicate, definition.keys[0].expression


class _Adviser:
    """One run over one workload."""

    def __init__(self, snapshot: Snapshot, workload: Workload, planner: Planner, aims: Aims, limits: Limits) -> None:
        self.snapshot = snapshot
        self.workload = workload
        self.planner = planner
        self.aims = aims
        self.limits = limits
        self.omitted = [f"{each.reason}: {each.sql}" for each in workload.omissions]
        self.subjects: list[Subject] = []
        self.costs = Costs(planner, ())
        self.weights = Weights((), (), 1.0, is_time=False)
        self.indexes: dict[int, WhatIfIndex] = {}
        self.refused: list[Refused] = []

    def read(self) -> Iterator[Progress]:
        """The statements that are worth planning, as far as they can be read."""
        statements = self._heaviest()
        for number, statement in enumerate(statements):
            yield Progress("reading statements", number, len(statements))
            try:
                subject = self._subject(statement)
            except UnreadableSqlError as error:
                self.omitted.append(f"{error}: {statement.sql}")
                continue
            # A statement over catalogs or nothing has no table that could get an index.
            if subject.shape.uses or subject.shape.changes:
                self.subjects.append(subject)

    def plan_as_it_is(self) -> Iterator[Progress]:
        """Every statement's cost now, and so its weight."""
        self.costs = Costs(self.planner, tuple(subject.statement for subject in self.subjects))
        count = len(self.subjects)
        for start in range(0, count, _BATCH):
            yield Progress("planning the workload as it is", start, count)
            self.costs.demand((position, NONE) for position in range(start, min(start + _BATCH, count)))
        self.weights = weights_of(self.subjects, self.costs, self.aims)

    def make_indexes(self) -> Iterator[Progress]:
        """What-if indexes for every candidate of a statement that counts, unless one of the user's already is one."""
        wanted = self._wanted()
        for start in range(0, len(wanted), _BATCH):
            yield Progress("making what-if indexes", start, len(wanted))
            batch = wanted[start : start + _BATCH]
            for definition, answer in zip(batch, self.planner.add_all(batch), strict=True):
                if isinstance(answer, WhatIfIndex):
                    self.indexes[answer.id] = answer
                else:
                    self.refused.append(Refused(definition, f"PostgreSQL refuses it: {answer.reason}"))
        by_leading: dict[_Leading, IndexSet] = {}
        for number, index in self.indexes.items():
            leading = _leading(index.definition)
            by_leading[leading] = by_leading.get(leading, NONE) | 1 << number
        for position, subject in enumerate(self.subjects):
            for leading in {_leading(definition) for definition in subject.candidates}:
                self.costs.relevant[position] |= by_leading.get(leading, NONE)

    def search(self, *, has_budget: bool) -> Search:
        """The search over what was made."""
        shares = tuple(
            share if counts else 0.0 for share, counts in zip(self.weights.shares, self.weights.counts, strict=True)
        )
        tables = {use.relation for subject in self.subjects for use in subject.shape.uses}
        leaves = {
            leaf.oid: leaf
            for relation in self.snapshot.relations
            if relation.relation_name in tables
            for leaf in leaves_of(self.snapshot, relation)
        }
        stored = PAGE * sum(map(heap_pages, leaves.values()))
        is_thrifty = self.aims.objective != COST
        per_index = self.aims.min_gain if is_thrifty else 0.0
        per_byte = self.aims.storage_price / max(stored, 1) if is_thrifty else 0.0
        by_definition = {index.definition: number for number, index in self.indexes.items()}
        own = [
            set_of(by_definition[each] for each in subject.candidates if each in by_definition)
            for subject in self.subjects
        ]
        objective = Objective(
            shares=shares,
            constant=max(0.0, sum(self.weights.shares) - sum(shares)),
            writes={
                number: write_share(self.snapshot, self.subjects, index.definition, self.weights, self.aims)
                for number, index in self.indexes.items()
            },
            per_index=per_index,
            per_byte=per_byte,
            slow=self._slow(own, 0.0 if has_budget else per_byte) if is_thrifty else {},
            times_faster=self.aims.times_faster,
        )
        effort = Effort(most_plans=self.aims.most_plans, is_late=self.aims.is_late)
        return Search(self.costs, objective, self.indexes, own=own, at_most=tuple(self._at_most()), effort=effort)

    def _slow(self, own: Sequence[IndexSet], per_byte: float) -> dict[int, float]:
        """What curing each statement is worth that is slow in itself and whose share may not pay for an index.

        It is what the cheapest index that cures it has to earn, and as much again as any index has to, for its writes.
        """
        slow = slow_in_themselves([subject.statement for subject in self.subjects], self.aims.slow_ms)
        found = {}
        for position, indexes in enumerate(own):
            prices = {number: self.aims.min_gain + per_byte * self.indexes[number].bytes for number in ids_of(indexes)}
            # What others leave of one that they do not cure is at least so much.
            left = self.weights.shares[position] / self.aims.times_faster
            if slow[position] and self.weights.counts[position] and left < max(prices.values(), default=0.0):
                self.costs.demand([(position, 1 << number) for number in prices])
                cures = [price for number, price in prices.items() if self._cures(position, 1 << number)]
                if cures:
                    found[position] = min(cures) + self.aims.min_gain
        return found

    def _cures(self, position: int, indexes: IndexSet) -> bool:
        now, then = self.costs.of(position, NONE), self.costs.of(position, indexes)
        return bool(now and then and then.cost * self.aims.times_faster <= now.cost)

    def advice(self, search: Search, points: Sequence[Point], *, names_rejected: bool) -> Advice:
        """The prescriptions of the last point, and the whole frontier."""
        last = points[-1]
        chosen = Chosen(
            self.snapshot, self.subjects, self.costs, self.weights, search, last, search.most_useful_first(last)
        )
        made = tuple(prescriptions(chosen))
        drops = tuple(useless_indexes(chosen))
        self.omitted += [
            f"{reason}: {self.subjects[position].statement.sql}"
            for position, reason in sorted(self.costs.refusals.items())
        ]
        frontier = tuple(self._frontier_point(search, point) for point in points)
        effect = WorkloadEffect(
            cost_before=self._total(NONE),
            cost_after=self._total(last.chosen),
            planned_by=self.planner.planned_by,
            statements=len(self.subjects) - len(self.costs.refusals),
            plans=self.planner.plans_made,
            omitted=tuple(self.omitted),
            objective=self.aims.objective,
            source=self.workload.source,
            lower_bound=frontier[-1].lower_bound,
            optimality_gap=frontier[-1].optimality_gap,
            frontier=frontier,
            candidates=len(self.indexes),
            rejected=tuple(rejected(chosen, self.refused)) if names_rejected else (),
            is_deterministic=not self.aims.is_late(),
        )
        return Advice((*made, *drops), effect)

    def _heaviest(self) -> Sequence[WorkloadStatement]:
        """Statements that make up enough of the workload, or are slow; what is left out is said in one line."""
        statements = self.workload.statements
        if is_measured(statements):
            whole, so_far, kept = sum(each.total_ms or 0.0 for each in statements), 0.0, 0
            for each in statements:
                if so_far >= whole * self.aims.enough_of_workload or kept >= self.aims.most_statements:
                    break
                so_far, kept = so_far + (each.total_ms or 0.0), kept + 1
            pairs = zip(statements, slow_in_themselves(statements, self.aims.slow_ms), strict=True)
            slow = [each for each, is_slow in list(pairs)[kept : self.aims.most_statements] if is_slow]
            heaviest = [*statements[:kept], *slow]
            rest = (whole - sum(each.total_ms or 0.0 for each in heaviest)) / whole if whole else 0.0
        else:
            heaviest = list(statements[: self.aims.most_statements])
            rest = 1 - len(heaviest) / max(len(statements), 1)
        left = len(statements) - len(heaviest)
        if left > 0:
            these = "1 light statement was" if left == 1 else f"{left} light statements were"
            self.omitted.append(f"{these} not planned: together {rest:.2%} of the workload")
        return heaviest

    def _subject(self, statement: WorkloadStatement) -> Subject:
        shape = shape_of(statement.sql, resolver_of(self.snapshot, statement.role))
        statement = with_values(statement, shape, self.snapshot)
        own = candidates(shape, self.snapshot, limits=self.limits, parameters=statement.parameters)
        return Subject(statement, shape, own)

    def _wanted(self) -> list[IndexDefinition]:
        existing: dict[RelationName, list[tuple[str, IndexDefinition]]] = {}
        for index in self.snapshot.indexes:
            if index.is_valid:
                existing.setdefault(index.definition.relation, []).append((index.name, index.definition))
        found: dict[IndexDefinition, None] = {}
        for subject, counts in zip(self.subjects, self.weights.counts, strict=True):
            if counts:
                found.update(dict.fromkeys(subject.candidates))
        wanted = []
        for each in found:
            known = next((name for name, own in existing.get(each.relation, ()) if serves(own, each)), None)
            if known is not None:
                self.refused.append(Refused(each, f"the index {known} is the same in other words or serves as well"))
            elif not self._can_be_built(each):
                self.refused.append(Refused(each, "a partition is a foreign table, which can have no index"))
            else:
                wanted.append(each)
        return wanted

    def _can_be_built(self, definition: IndexDefinition) -> bool:
        """An index on a partitioned table needs one on every partition, and a foreign table can have none."""
        relation = self.snapshot.relation_by_name.get(definition.relation)
        if relation is None or relation.kind != "p":
            return True
        try:
            create_index.partitions_of(self.snapshot, definition)
        except ValueError:
            return False
        return True

    def _at_most(self) -> Iterator[AtMost]:
        yield from self._one_of_two()
        if self.aims.max_per_table is None:
            return
        by_table: dict[RelationName, list[int]] = {}
        for number, index in self.indexes.items():
            by_table.setdefault(index.definition.relation, []).append(number)
        for table, numbers in by_table.items():
            relation = self.snapshot.relation_by_name.get(table)
            own = len(self.snapshot.indexes_of.get(relation.oid, ())) if relation else 0
            yield AtMost(set_of(numbers), max(0, self.aims.max_per_table - own))

    def _one_of_two(self) -> Iterator[AtMost]:
        """A BRIN, or a B-tree that begins with its column and finds the same rows: both would be one too many."""
        if self.aims.objective == COST:
            return
        by_leading: dict[_Leading, list[int]] = {}
        for number, index in self.indexes.items():
            by_leading.setdefault(_leading(index.definition), []).append(number)
        for number, index in self.indexes.items():
            if index.definition.method == "brin":
                alike = _leading(msgspec.structs.replace(index.definition, method="btree"))
                yield from (AtMost(set_of((number, tree)), 1) for tree in by_leading.get(alike, ()))

    def _frontier_point(self, search: Search, point: Point) -> FrontierPoint:
        cost = point.value - point.price
        return FrontierPoint(
            budget_bytes=point.budget_bytes,
            size_bytes=search.bytes_of(point.chosen),
            cost=round(cost, 6),
            lower_bound=round(max(0.0, cost - (point.value - point.bound)), 6),
            optimality_gap=round((point.value - point.bound) / point.value, 6) if point.value else 0.0,
            solver_gap=round(point.solver_gap, 6),
            indexes=tuple(quote.create_index(self.indexes[number].definition, "") for number in ids_of(point.chosen)),
        )

    def _total(self, chosen: IndexSet) -> float:
        total = 0.0
        for position, subject in enumerate(self.subjects):
            costed = self.costs.of(position, chosen)
            total += subject.statement.calls * costed.cost if costed else 0.0
        return round(total, 2)
