"""Plans before and after: what given indexes would do for given statements and for a workload."""

from collections.abc import Iterable, Sequence

import msgspec

from pgclinic.advise.equivalence import serves
from pgclinic.advise.planner import Planner
from pgclinic.advise.questions import custom_questions, generic_question, with_values
from pgclinic.model.catalog import Index, IndexDefinition
from pgclinic.model.names import RelationName
from pgclinic.model.plan import Asked, Plan, Question, Refusal, WhatIfIndex
from pgclinic.model.shape import Shape
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.whatif import PlanPair, StatementEffect
from pgclinic.model.workload import WorkloadStatement
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.sql.statements import UnreadableSqlError

_MOST_EXAMINED = 10
"""How many statements are planned once more to find out why an index is not used."""


class Subject(msgspec.Struct, frozen=True):
    """A statement with values for its parameters, and what it asks of each relation; None when that is not read."""

    statement: WorkloadStatement
    shape: Shape | None

    def touches(self, tables: frozenset[RelationName]) -> bool:
        """Whether it reads or writes one of the tables, as far as can be told."""
        if self.shape is None:
            return False
        named = {use.relation for use in self.shape.uses} | {change.relation for change in self.shape.changes}
        return bool(named & tables)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is different afterwards: what-if indexes that may be used, existing ones, by name, that may not."""

    visible: frozenset[int]
    hidden: frozenset[str]


def subject_of(statement: WorkloadStatement, snapshot: Snapshot) -> Subject:
    """The statement made ready: values that were seen, else some drawn from the statistics."""
    try:
        shape = shape_of(statement.sql, resolver_of(snapshot, statement.role))
    except UnreadableSqlError:
        return Subject(statement, None)
    return Subject(with_values(statement, shape, snapshot), shape)


def concerned(snapshot: Snapshot, tables: Iterable[RelationName]) -> frozenset[RelationName]:
    """The tables, and those above and below them among partitions and heirs: an index of one can serve the other."""
    found: dict[int, None] = {}
    up = [snapshot.relation_by_name[table].oid for table in tables if table in snapshot.relation_by_name]
    down = list(up)
    while up:
        oid = up.pop()
        found[oid] = None
        relation = snapshot.relation_by_oid.get(oid)
        up += [parent for parent in relation.parents if parent not in found] if relation else []
    while down:
        oid = down.pop()
        found[oid] = None
        down += [child.oid for child in snapshot.children_of.get(oid, ()) if child.oid not in found]
    return frozenset(snapshot.relation_by_oid[oid].relation_name for oid in found if oid in snapshot.relation_by_oid)


def effects(planner: Planner, subjects: Sequence[Subject], change: Change) -> tuple[StatementEffect | Refusal, ...]:
    """Each subject planned before and after, all in one batch; a refusal where the planner takes no form of it.

    A statement with values is also planned generically: values that the planner refuses (of the wrong type, say)
    leave that plan, as everywhere.
    """
    questions = [_questions(subject.statement) for subject in subjects]
    flat = [question for each in questions for question in each]
    # All of one side first: going back and forth between sets of indexes costs more than the plans.
    before = iter(planner.plan_all([Asked(question) for question in flat]))
    after = iter(planner.plan_all([Asked(question, change.visible, change.hidden) for question in flat]))
    return tuple(
        _judged(subject.statement, [_pair(question, next(before), next(after)) for question in each])
        for subject, each in zip(subjects, questions, strict=True)
    )


def why_unused(
    planner: Planner,
    index: WhatIfIndex,
    subjects: Sequence[Subject],
    snapshot: Snapshot,
    change: Change,
) -> str:
    """Why none of the subjects' plans uses the index, as far as planning once more without its rivals can tell."""
    definition = index.definition
    tables = concerned(snapshot, [definition.relation])
    near = [subject for subject in subjects if subject.touches(tables)][:_MOST_EXAMINED]
    if not near:
        return f"no statement that was planned uses {definition.relation}"
    alone = Change(visible=frozenset({index.id}), hidden=change.hidden)
    if _uses(planner, near, index, alone):
        return "the planner prefers another of the indexes tried here"
    rivals = frozenset(each.name for each in snapshot.indexes if each.definition.relation in tables)
    if _uses(planner, near, index, Change(visible=alone.visible, hidden=change.hidden | rivals)):
        return f"the planner prefers an index that {definition.relation} has already"
    leading, relation = definition.keys[0], snapshot.relation_by_name[definition.relation]
    has_policies = bool(snapshot.policies_of.get(relation.oid))  # they ask for columns too
    if (
        leading.is_column
        and not has_policies
        and not any(_asks_for(subject.shape, tables, leading.expression) for subject in near)
    ):
        return f"no statement that was planned searches, joins or sorts by {leading.expression}"
    return "the planner sees no use for it, or only dearer ones"


def existing_for(definition: IndexDefinition, snapshot: Snapshot, hidden: frozenset[str]) -> Index | None:
    """The index that stays and serves all that the definition could, if there is one."""
    return next(
        (
            index
            for index in snapshot.indexes
            if index.is_valid and index.name not in hidden and serves(index.definition, definition)
        ),
        None,
    )


def _uses(planner: Planner, subjects: Sequence[Subject], index: WhatIfIndex, change: Change) -> bool:
    questions = [question for subject in subjects for question in _questions(subject.statement)]
    answers = planner.plan_all([Asked(question, change.visible, change.hidden) for question in questions])
    return any(isinstance(answer, Plan) and index.id in answer.indexes for answer in answers)


def _asks_for(shape: Shape | None, tables: frozenset[RelationName], column: str) -> bool:
    return shape is None or any(use.relation in tables and column in use.compared for use in shape.uses)


def _questions(statement: WorkloadStatement) -> list[Question]:
    """What a statement is planned as: once for each set of values, and generically."""
    return [*custom_questions(statement), generic_question(statement)]


def _pair(question: Question, before: Plan | Refusal, after: Plan | Refusal) -> PlanPair | Refusal:
    if isinstance(before, Refusal):
        return before
    return after if isinstance(after, Refusal) else PlanPair(parameters=question.parameters, before=before, after=after)


def _judged(statement: WorkloadStatement, pairs: Sequence[PlanPair | Refusal]) -> StatementEffect | Refusal:
    planned = [pair for pair in pairs if isinstance(pair, PlanPair)]
    if not planned:
        return next(pair for pair in pairs if isinstance(pair, Refusal))
    custom = tuple(pair for pair in planned if pair.parameters is not None)
    generic = next((pair for pair in planned if pair.parameters is None), None)
    return StatementEffect(
        fingerprint=statement.fingerprint,
        name=statement.name,
        sql=statement.sql,
        calls=statement.calls,
        pairs=custom or tuple(planned),
        generic=generic if custom else None,
    )
