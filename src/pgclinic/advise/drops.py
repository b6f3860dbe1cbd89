"""Existing indexes that the chosen ones make useless."""

from collections.abc import Iterable, Iterator, Sequence

from pgclinic.advise.equivalence import serves
from pgclinic.advise.index_sets import ids_of
from pgclinic.advise.planner import Planner
from pgclinic.advise.prescribing import WORSE, Chosen
from pgclinic.advise.questions import generic_question
from pgclinic.model.catalog import Index, IndexDefinition
from pgclinic.model.plan import Asked, Plan
from pgclinic.model.prescription import Prescription
from pgclinic.model.workload import WorkloadStatement
from pgclinic.remedies import drop_index


def useless_indexes(chosen: Chosen) -> Iterator[Prescription]:
    """A drop for every index that a chosen one serves for, where no statement gets dearer without it.

    Only what a new index does as well in every lookup and sort: so nothing that the workload does not show can miss it,
    a foreign key's check included. Never one that enforces something, or identifies replicated or clustered rows.
    """
    names = [index.name for index in chosen.snapshot.indexes]
    for new in chosen.indexes:
        relation = chosen.snapshot.relation_by_name[new.definition.relation]
        for index in chosen.snapshot.indexes_of.get(relation.oid, ()):
            if not _may_go(index) or not serves(new.definition, index.definition) or names.count(index.name) > 1:
                continue
            if _is_missed(chosen, index):
                continue
            yield drop_index.prescribe(index, reason=f"the new index on {_columns(new.definition)} serves for it")


def missed_indexes(planner: Planner, statements: Sequence[WorkloadStatement], names: Iterable[str]) -> frozenset[str]:
    """Those of the existing indexes, by name, without one of which some statement would cost more."""
    questions = [generic_question(statement) for statement in statements]
    known = planner.plan_all([Asked(question) for question in questions])
    missed = set()
    for name in sorted(set(names)):
        without = planner.plan_all([Asked(question, frozenset(), frozenset({name})) for question in questions])
        pairs = zip(known, without, strict=True)
        if any(isinstance(a, Plan) and isinstance(b, Plan) and b.cost > a.cost * WORSE for a, b in pairs):
            missed.add(name)
    return frozenset(missed)


def _may_go(index: Index) -> bool:
    enforces = index.constraint or index.is_primary or index.is_exclusion or index.definition.is_unique
    is_part = index.is_partitioned or index.parent is not None
    return index.is_valid and not (enforces or is_part or index.is_replica_identity or index.is_clustered)


def _is_missed(chosen: Chosen, index: Index) -> bool:
    """Whether some statement would cost more without it, the chosen indexes being there."""
    costs, everything = chosen.costs, chosen.point.chosen
    asked, before = [], []
    for position in range(len(costs.statements)):
        costed = costs.of(position, everything)
        if costed is None or index.name not in costed.existing:
            continue
        visible = frozenset(ids_of(everything & costs.relevant[position]))
        questions = costs.questions(position)
        asked += [Asked(question, visible, frozenset({index.name})) for question in questions]
        before.append((costed.cost, len(questions)))
    answers = iter(costs.planner.plan_all(asked))
    for cost, count in before:
        plans = [next(answers) for _ in range(count)]
        if not all(isinstance(plan, Plan) for plan in plans):
            return True
        if sum(plan.cost for plan in plans if isinstance(plan, Plan)) / count > cost * WORSE:
            return True
    return False


def _columns(definition: IndexDefinition) -> str:
    return f"{definition.relation.name} ({', '.join(key.expression for key in definition.keys)})"
