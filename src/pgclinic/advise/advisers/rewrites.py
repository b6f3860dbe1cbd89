"""Heavy SELECTs written otherwise, with the same rows, where the planner finds that cheaper.

Each file of ``advise/rewrites`` knows one rewrite and what must hold for its rows to be the same; what the catalog does
not guarantee is not offered. The twin plans both with the values that were seen, or some drawn from the statistics: the
rewrite is prescribed when it costs clearly less on the whole and no more with any of them. Where it needs an index that
is not there, the index is part of the prescription.
"""

from collections.abc import Iterator

import msgspec

from pgclinic.advise import rewrites
from pgclinic.advise.case import Case
from pgclinic.advise.planner import Planner
from pgclinic.advise.questions import custom_questions, generic_question
from pgclinic.advise.rewrites import Query, Rewritten
from pgclinic.advise.stacks import Argument, examples
from pgclinic.advise.whatif import existing_for, subject_of
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.names import ObjectName
from pgclinic.model.plan import Asked, Plan, Question, Refusal, WhatIfIndex
from pgclinic.model.prescription import (
    ApplicationChange,
    Gather,
    Hazard,
    Prescription,
    Replacement,
    Risk,
    Statement,
    StatementGain,
    StatementMapping,
    When,
)
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.model.workload import Workload, WorkloadStatement
from pgclinic.remedies import create_index
from pgclinic.sql.filters import renumbered
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.sql.squashing import squashed_numbers

_NAME = "rewrites"
_NOTABLE_SHARE = 0.01
_MIN_CALLS = 5
_CHEAPER = 0.8
"""Of the cost now, that the rewritten statement may cost."""
_NEVER_DEARER = 1.1
"""Of the cost now with any one set of values."""


class _Idea(msgspec.Struct, frozen=True, kw_only=True):
    statement: WorkloadStatement
    name: str
    rewritten: Rewritten


def advise(case: Case) -> Iterator[Progress | Prescription]:
    """The best rewrite of each heavy statement, the heaviest first."""
    ideas: dict[str, list[_Idea]] = {}
    for statement in _heavy(case.workload):
        valued = subject_of(statement, case.snapshot)
        if valued.shape is None or not valued.shape.uses:
            continue
        query = Query(statement.sql, statement.role, case.snapshot, _constants(statement))
        found = [
            _Idea(statement=valued.statement, name=name, rewritten=each) for name, each in rewrites.rewrites_of(query)
        ]
        if found and statement.fingerprint not in ideas:
            ideas[statement.fingerprint] = found
    if not ideas:
        return
    yield Progress("planning rewrites")
    with case.planner_of(case.snapshot) as planner:
        for of_statement in ideas.values():
            judged = [each for idea in of_statement if (each := _judged(case.snapshot, idea, planner)) is not None]
            if judged:
                yield min(judged, key=lambda each: (each.gains[0].cost_after, each.facts[0].value))


def _heavy(workload: Workload) -> Iterator[WorkloadStatement]:
    """SELECTs that take a notable share of the time, where times are known."""
    total = sum(each.total_ms or 0.0 for each in workload.statements)
    for each in sorted(workload.statements, key=lambda one: (-(one.total_ms or 0.0), one.fingerprint)):
        is_heavy = not total or ((each.total_ms or 0.0) >= _NOTABLE_SHARE * total and each.calls >= _MIN_CALLS)
        # A list that stands for lists of any length is no text that an application could send.
        if is_heavy and not squashed_numbers(each.sql):
            yield each


def _constants(statement: WorkloadStatement) -> tuple[tuple[int, str | None], ...]:
    """Parameters that had one and the same value whenever the statement was seen."""
    seen = [each for each in statement.parameters if each.source == "seen"]
    values: dict[int, set[str | None]] = {}
    for each in seen:
        for number, value in enumerate(each.values, 1):
            values.setdefault(number, set()).add(value if number not in each.open else f"open {number}")
    return tuple((number, next(iter(found))) for number, found in values.items() if len(found) == 1 and seen)


def _judged(snapshot: Snapshot, idea: _Idea, planner: Planner) -> Prescription | None:
    """The prescription, when the planner finds it worth it."""
    after_statement = msgspec.structs.replace(idea.statement, sql=idea.rewritten.sql)
    befores = planner.plan_all([Asked(each) for each in _questions(idea.statement)])
    for index in _indexes(snapshot, idea, planner):
        visible = frozenset({index.id}) if index else frozenset[int]()
        afters = planner.plan_all([Asked(each, visible) for each in _questions(after_statement)])
        pairs = [
            (before.cost, after.cost)
            for before, after in zip(befores, afters, strict=True)
            if isinstance(before, Plan) and isinstance(after, Plan)
        ]
        if len(pairs) < len(befores) or not pairs:
            return None
        total_before, total_after = sum(before for before, _ in pairs), sum(after for _, after in pairs)
        if total_after <= _CHEAPER * total_before and all(after <= _NEVER_DEARER * before for before, after in pairs):
            return _prescription(snapshot, idea, pairs, index)
    return None


def _questions(statement: WorkloadStatement) -> list[Question]:
    return [*custom_questions(statement)] or [generic_question(statement)]


def _indexes(snapshot: Snapshot, idea: _Idea, planner: Planner) -> Iterator[WhatIfIndex | None]:
    """First without a new index; then with the one that the rewrite could be searched by, unless there is such."""
    yield None
    definition = idea.rewritten.index
    if definition is None or existing_for(definition, snapshot, frozenset()) is not None:
        return
    made = planner.add(definition)
    if not isinstance(made, Refusal):
        yield made


def _prescription(
    snapshot: Snapshot, idea: _Idea, pairs: list[tuple[float, float]], index: WhatIfIndex | None
) -> Prescription:
    statement, rewritten = idea.statement, idea.rewritten
    uses = shape_of(statement.sql, resolver_of(snapshot, statement.role)).uses
    table = snapshot.relation_by_name[uses[0].relation]
    sql, numbers = renumbered(rewritten.sql)
    do, undo, verify = _index_remedy(snapshot, index)
    befores, afters = [before for before, _ in pairs], [after for _, after in pairs]
    gain = StatementGain(
        fingerprint=statement.fingerprint,
        name=statement.name,
        sql=statement.sql,
        cost_before=round(sum(befores) / len(pairs), 2),
        cost_after=round(sum(afters) / len(pairs), 2),
        low_before=round(min(befores), 2),
        high_before=round(max(befores), 2),
        low_after=round(min(afters), 2),
        high_after=round(max(afters), 2),
        parameters=tuple(dict.fromkeys(each.source for each in statement.parameters)) or ("generic",),
        values=statement.parameters,
        role=statement.role,
    )
    arguments = [Argument(f"value_{number}", f"value_{number}", f"value{number}") for number in numbers]
    return Prescription(
        kind=_NAME,
        object=ObjectName("statement", statement.fingerprint),
        table=table_object(table),
        reason="A statement on {table} can be written otherwise: {change}; {sameness}.",
        do=do,
        undo=undo,
        verify=verify,
        hazards=(Hazard.CHANGES_APPLICATION, *((Hazard.TAKES_DISK, Hazard.SLOWS_WRITES) if index else ())),
        size_bytes=index.bytes if index else 0,
        facts=(
            Fact("rewrite", idea.name, Unit.TEXT),
            Fact("table", str(table.relation_name), Unit.TEXT),
            Fact("change", rewritten.change, Unit.PHRASE),
            Fact("sameness", rewritten.sameness, Unit.PHRASE),
            Fact("calls", statement.calls),
        ),
        gains=(gain,),
        mappings=(
            StatementMapping(
                original=statement.fingerprint,
                sql=statement.sql,
                replacements=(Replacement(sql=sql, parameters=tuple(Gather(number) for number in numbers)),),
            ),
        ),
        application=ApplicationChange(
            summary="Send the statement as it is written here; its parameters and its rows are the same.",
            examples=examples(sql, arguments, returns_rows=True),
        ),
        when=When.THIS_WEEK,
        risk=Risk.MEDIUM,
    )


def _index_remedy(
    snapshot: Snapshot, index: WhatIfIndex | None
) -> tuple[tuple[Statement, ...], tuple[Statement, ...], str]:
    """What to run for the index, the way back, and how to tell that it is there."""
    if index is None:
        return (), (), ""
    definition = index.definition
    taken = {relation.name for relation in snapshot.relations} | {each.name for each in snapshot.indexes}
    table = snapshot.relation_by_name[definition.relation]
    made = create_index.prescribe(
        definition,
        name=create_index.name_for(definition, taken),
        size_bytes=index.bytes,
        reason="",
        partitions=create_index.partitions_of(snapshot, definition) if table.kind == "p" else (),
        is_partitioned=table.kind == "p",
    )
    return made.do, made.undo, made.verify
