"""From a choice of indexes to prescriptions: what each does for which statement, costs, and replaces."""

from collections.abc import Iterator, Sequence

import msgspec

from pgclinic.advise.candidates import taken_names
from pgclinic.advise.costing import Costed, Costs
from pgclinic.advise.equivalence import serves
from pgclinic.advise.index_sets import NONE, IndexSet, ids_of
from pgclinic.advise.questions import generic_question
from pgclinic.advise.search import Point, Search
from pgclinic.advise.weighing import Subject, Weights, entries_written
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.plan import Asked, Plan, WhatIfIndex
from pgclinic.model.prescription import NextBest, Prescription, StatementGain
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import create_index
from pgclinic.sizes import build_seconds
from pgclinic.sizes.types import PAGE
from pgclinic.sql import quote

WORSE = 1.01
"""The planner itself takes paths for equal whose costs differ by less than one part in a hundred."""

_MOST_ALTERNATIVES = 200
"""Sets of values that go with a prescription, for the real planner to be asked with."""


class Chosen(msgspec.Struct, frozen=True):
    """A point of the frontier with everything that it was found from."""

    snapshot: Snapshot
    subjects: Sequence[Subject]
    costs: Costs
    weights: Weights
    search: Search
    point: Point
    indexes: tuple[WhatIfIndex, ...]
    """Those of the point, by what the workload would lose without each, most first."""


class _Effect(msgspec.Struct, frozen=True):
    """One statement before and after, with the range over all the ways in which it was planned."""

    position: int
    before: Costed
    after: Costed
    gain: StatementGain


def prescriptions(chosen: Chosen) -> Iterator[Prescription]:
    """The indexes to build, the most useful first."""
    effects = tuple(_effects(chosen))
    taken: dict[str, set[str]] = {}
    for index in chosen.indexes:
        definition = index.definition
        relation = chosen.snapshot.relation_by_name[definition.relation]
        names = taken.setdefault(relation.schema, set(taken_names(chosen.snapshot, definition.relation)))
        name = create_index.name_for(definition, names)
        names.add(name)
        using = [effect for effect in effects if effect.after.used >> index.id & 1]
        gains = tuple(effect.gain for effect in using if effect.after.cost < effect.before.cost)
        losses = tuple(effect.gain for effect in using if effect.after.cost > effect.before.cost * WORSE)
        share = sum(chosen.weights.shares[effect.position] for effect in using)
        written = entries_written(chosen.snapshot, chosen.subjects, definition)
        provenance = Provenance.MEASURED if chosen.weights.is_time else Provenance.PLANNED
        prescription = create_index.prescribe(
            definition,
            name=name,
            size_bytes=index.bytes,
            reason=f"{len(gains)} statement{'' if len(gains) == 1 else 's'} would use it",
            gains=gains,
            facts=(
                Fact("share of the workload", round(share, 4), Unit.RATIO, provenance),
                Fact("rows written into it", round(written), Unit.COUNT, provenance),
            ),
            partitions=create_index.partitions_of(chosen.snapshot, definition) if relation.kind == "p" else (),
            is_partitioned=relation.kind == "p",
        )
        yield msgspec.structs.replace(
            prescription,
            losses=losses,
            build_seconds=round(build_seconds(chosen.snapshot, relation, definition, index.bytes // PAGE), 1),
            replaces=tuple(_replaced(chosen.snapshot, index)),
            next_best=_next_best(chosen, index),
        )


def _effects(chosen: Chosen) -> Iterator[_Effect]:
    """Every statement whose cost changes, most weight first."""
    shares, costs, after_all = chosen.weights.shares, chosen.costs, chosen.point.chosen
    order = sorted(range(len(shares)), key=lambda position: (-shares[position], position))
    pairs = {
        position: (before, after)
        for position in order
        if (before := costs.of(position, NONE)) and (after := costs.of(position, after_all)) and before != after
    }
    generic = _generic_costs(costs, tuple(pairs), after_all)
    for position, (before, after) in pairs.items():
        statement = chosen.subjects[position].statement
        sources = (
            list(dict.fromkeys(each.source for each in statement.parameters)) if _is_custom(costs, position) else []
        )
        before_generic, after_generic = generic.get(position, (before.cost, after.cost))
        if position in generic:
            sources.append("generic")
        gain = StatementGain(
            fingerprint=statement.fingerprint,
            name=statement.name,
            sql=statement.sql,
            cost_before=round(before.cost, 2),
            cost_after=round(after.cost, 2),
            weight=shares[position] * (chosen.weights.total if chosen.weights.is_time else 1.0),
            low_before=round(min(before.low, before_generic), 2),
            high_before=round(max(before.high, before_generic), 2),
            low_after=round(min(after.low, after_generic), 2),
            high_after=round(max(after.high, after_generic), 2),
            parameters=tuple(sources),
            role=statement.role,
        )
        yield _Effect(position, before, after, gain)


def _is_custom(costs: Costs, position: int) -> bool:
    return costs.questions(position)[0].parameters is not None


def _generic_costs(costs: Costs, positions: Sequence[int], chosen: IndexSet) -> dict[int, tuple[float, float]]:
    """The generic plans' costs before and after, of the statements that were planned with values."""
    asked = [position for position in positions if _is_custom(costs, position)]
    questions = [generic_question(costs.statements[position]) for position in asked]
    relevant = [frozenset(ids_of(chosen & costs.relevant[position])) for position in asked]
    before = costs.planner.plan_all([Asked(question) for question in questions])
    after = costs.planner.plan_all([Asked(*pair) for pair in zip(questions, relevant, strict=True)])
    return {
        position: (first.cost, then.cost)
        for position, first, then in zip(asked, before, after, strict=True)
        if isinstance(first, Plan) and isinstance(then, Plan)
    }


def _replaced(snapshot: Snapshot, index: WhatIfIndex) -> Iterator[str]:
    relation = snapshot.relation_by_name[index.definition.relation]
    for existing in snapshot.indexes_of.get(relation.oid, ()):
        if not (existing.is_primary or existing.constraint) and serves(index.definition, existing.definition):
            yield existing.name


def _next_best(chosen: Chosen, index: WhatIfIndex) -> NextBest:
    """What would be built in the place of an index, all others staying as they are."""
    search, budget = chosen.search, chosen.point.budget_bytes
    others = chosen.point.chosen & ~(1 << index.id)
    affected = [
        position
        for position in search.positions
        if (costed := search.costs.of(position, chosen.point.chosen)) and costed.used >> index.id & 1
    ]
    room = None if budget is None else budget - search.bytes_of(others)
    tried = [
        number
        for number in ids_of(search.used_by(affected) & ~chosen.point.chosen)
        if room is None or search.sizes[number] <= room
    ]
    known = {
        number: search.burden(number, budget)
        + sum(search.known_part(position, others | 1 << number) for position in affected)
        for number in tried[:_MOST_ALTERNATIVES]
    }
    best = min(known, key=lambda number: (known[number], number), default=None)
    without = search.value(others, budget)
    if best is not None and (value := search.value(others | 1 << best, budget)) < without:
        sql = quote.create_index(search.indexes[best].definition, "")
    else:
        value, sql = without, ""
    taken = others | 1 << best if best is not None and sql else others
    cost, chosen_cost = value - search.slowness(taken), chosen.point.value - search.slowness(chosen.point.chosen)
    return NextBest(sql=sql, cost=round(cost, 6), chosen_cost=round(chosen_cost, 6))
