"""What planners and parsers say of a whole migration: do its indexes serve, what does it break, how much does it write.

Parsing is done on the private database before and after the migration; planning on a twin of the database as it was
before it, which has its statistics.
"""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence

import msgspec

from pgclinic.advise.aims import Aims
from pgclinic.advise.equivalence import serves
from pgclinic.advise.indexes import Advice, advise
from pgclinic.advise.touched import relations_touched
from pgclinic.advise.whatif import Change, Subject, concerned, effects, subject_of, why_unused
from pgclinic.model.catalog import Function, Index
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.plan import Question, Refusal, WhatIfIndex
from pgclinic.model.progress import Progress
from pgclinic.model.review import (
    Broken,
    Failure,
    Gain,
    Migration,
    MissedIndex,
    Place,
    Trial,
    TriedNewIndex,
)
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.model.whatif import PRACTICAL, StatementEffect
from pgclinic.model.workload import Workload, WorkloadScript, WorkloadStatement
from pgclinic.sql import bodies, quote, transitions
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.twin.planner import Twin
from pgclinic.twin.scratch import Scratch
from pgclinic.verbs.own_work import PLANNED, own_statements, with_new_relations
from pgclinic.workload import from_script, from_statements

MANY_ROWS = 10_000
"""Of a table: changing those of a smaller one needs no estimate."""
_MOST_STATEMENTS = 300
"""Of the workload, the heaviest: what is light cannot make an index worth while."""
_QUICK = Aims(most_statements=100, enough_of_workload=0.98, most_plans=3_000)
_BETTER = 0.8
"""The adviser's indexes are better when the workload costs at most so much of what it costs with the migration's."""
_NO_CHEAPER = "the planner finds no statement cheaper with it than with the others"
_ABSENT = frozenset({"42P01", "42703"})
"""undefined_table, undefined_column."""
_ABSENT_FUNCTION = "42883"
_IN_QUOTES = re.compile(r'"([^"]+)"')
_BARE = re.compile(r"(?:column|function|relation|type) ([\w.]+)")


class Sound(msgspec.Struct, frozen=True, kw_only=True):
    """What works before the migration: statements of the workload, and functions by schema, name and arguments."""

    workload: Workload
    statements: tuple[WorkloadStatement, ...]
    functions: frozenset[tuple[str, str, str]]


def sound_before(scratch: Scratch, source: Snapshot, script: WorkloadScript | None) -> Sound:
    """Ask the private server, on which nothing was run yet, what it can make out."""
    workload = from_script.workload_of(script) if script else from_statements.workload_of(source)
    statements = tuple(each for each in workload.statements if scratch.prepares(each.sql) is None)
    functions = frozenset(_key(each) for each in source.functions if not list(_faults(scratch, each, source)))
    return Sound(workload=workload, statements=statements, functions=functions)


def trial(scratch: Scratch, migration: Migration, sound: Sound) -> Generator[Progress, None, Trial]:
    """What becomes of it all after the migration, whose last state the private server is in."""
    yield Progress("looking for what it breaks")
    broken = (*_broken_statements(scratch, sound), *_broken_functions(scratch, migration, sound))
    created, dropped = _indexes(migration)
    writes = list(_writes(migration))
    if not sound.statements:
        created, dropped = [], []
    if not (created or dropped or writes):
        return Trial(broken=broken)
    yield Progress("starting the twin")
    source = with_new_relations(migration) if created else migration.source
    tables = concerned(source, [each.definition.relation for each in (*created, *dropped)])
    heaviest = sorted(sound.statements, key=lambda each: -(each.total_ms or each.calls))[:_MOST_STATEMENTS]
    subjects = [each for each in (subject_of(one, source) for one in heaviest) if each.touches(tables)]
    own = [each for each in (subject_of(one, source) for one in own_statements(migration)) if each.touches(tables)]
    tables |= {table for _, table, _ in writes}
    with Twin(source, relations=relations_touched(source, _needed(tables, [*subjects, *own]))) as twin:
        rows = tuple((place, _rows(twin, source, sql, table)) for place, table, sql in writes)
        yield Progress("planning with the migration's indexes")
        tried, omitted = _tried(twin, source, created, subjects, own)
        missed = tuple(_missed(twin, dropped, tried, subjects))
        twin.demand_alive()
        if tried and subjects:
            tried = yield from _compared(twin, source, tried, subjects, sound.workload)
        return Trial(
            created=tuple(index for _, index in tried),
            dropped=missed,
            broken=broken,
            rows=rows,
            planned_by=twin.planned_by,
            omitted=omitted,
        )


def _broken_statements(scratch: Scratch, sound: Sound) -> Iterator[Broken]:
    for statement in sound.statements:
        failure = scratch.prepares(statement.sql)
        if failure is not None:
            yield Broken(
                object=ObjectName("statement", statement.fingerprint),
                text=statement.sql,
                failure=failure,
                missing=_missing(failure),
                is_new=False,
                calls=statement.calls,
            )


def _broken_functions(scratch: Scratch, migration: Migration, sound: Sound) -> Iterator[Broken]:
    known = {_key(each): each for each in migration.source.functions}
    for function in migration.final.functions:
        own = known.get(_key(function))
        if own is not None and own.sql == function.sql and _key(function) not in sound.functions:
            continue  # it was no better before
        for failure in _faults(scratch, function, migration.final):
            yield Broken(
                object=ObjectName("procedure" if function.kind == "p" else "function", function.name, function.schema),
                text=function.name,
                failure=failure,
                missing=_missing(failure),
                is_new=own is None or own.sql != function.sql,
            )


def _faults(scratch: Scratch, function: Function, state: Snapshot) -> Iterator[Failure]:
    """Names in a body that are not there, the first of each statement."""
    if function.sql is None or function.language not in {"sql", "plpgsql"}:
        return
    try:
        body = bodies.body_of(function.sql)
    except UnreadableSqlError:
        return
    own = body.makes | transitions.transition_tables(state, function)
    path = next((each.partition("=")[2] for each in function.settings if each.startswith("search_path=")), None)
    with scratch.search_path(path):
        for query in body.queries:
            failure = scratch.prepares(query.sql) if query.kind in PLANNED else None
            if failure is None or _missing(failure) in own:
                continue
            if failure.sqlstate in _ABSENT or (failure.sqlstate == _ABSENT_FUNCTION and query.is_exact):
                yield msgspec.structs.replace(failure, line=query.line)


def _key(function: Function) -> tuple[str, str, str]:
    return function.schema, function.name, function.arguments


def _missing(failure: Failure) -> str:
    """The bare name in PostgreSQL's words."""
    found = _IN_QUOTES.search(failure.message) or _BARE.search(failure.message)
    return found[1].rpartition(".")[2] if found else ""


def _indexes(migration: Migration) -> tuple[list[Index], list[Index]]:
    """Those that are new on tables that were there, and those that are gone from tables that stay."""
    was, now = migration.source.index_by_oid, migration.final.index_by_oid
    created = [
        each
        for oid, each in now.items()
        if oid not in was and each.relation in migration.existing and each.parent is None and not each.constraint
    ]
    created = [
        each
        for number, each in enumerate(created)
        if not any(serves(other.definition, each.definition) for other in (*was.values(), *created[:number]))
    ]  # what is redundant is told by its own rule, and would only blur what the others are worth
    dropped = [
        each
        for oid, each in was.items()
        if oid not in now and each.relation in migration.final.relation_by_oid and each.parent is None
    ]
    return created, dropped


def _writes(migration: Migration) -> Iterator[tuple[Place, RelationName, str]]:
    """Updates and deletes of large tables, with the table as the source knows it."""
    for step in migration.steps:
        deed = step.statement.deed
        if deed.kind not in {"update_stmt", "delete_stmt"} or step.trace.failure is not None:
            continue
        found = resolver_of(step.before)(deed.table.schema, deed.table.name)
        relation = step.before.relation_by_name.get(found.name) if found else None
        own = migration.source.relation_by_oid.get(relation.oid) if relation else None
        if own is not None and known_rows(migration.source, own) >= MANY_ROWS:
            yield step.statement.place, own.relation_name, step.statement.sql


def _rows(twin: Twin, source: Snapshot, sql: str, table: RelationName) -> float:
    """The rows that a statement changes, as planned; all of the table's where the twin cannot plan it."""
    everything = known_rows(source, source.relation_by_name[table])
    plan = twin.plan(Question(sql=sql))
    if isinstance(plan, Refusal) or not plan.root.children:
        return everything
    return min(everything, plan.root.children[0].rows)


def _needed(tables: frozenset[RelationName], subjects: Sequence[Subject]) -> Workload:
    named = (
        WorkloadStatement(fingerprint="", name="", sql=f"select from {quote.relation(table)}")
        for table in sorted(tables)
    )
    return Workload(statements=(*(subject.statement for subject in subjects), *named), source="")


def _tried(
    twin: Twin, source: Snapshot, created: Sequence[Index], subjects: Sequence[Subject], own: Sequence[Subject]
) -> tuple[list[tuple[WhatIfIndex, TriedNewIndex]], tuple[str, ...]]:
    """Each index with the statements of the workload that gain by it, else those of the migration's ``own``."""
    answers = twin.add_all([each.definition for each in created])
    made = [(one, answer) for one, answer in zip(created, answers, strict=True) if isinstance(answer, WhatIfIndex)]
    omitted = tuple(
        f"index {one.name}: {answer.reason}"
        for one, answer in zip(created, answers, strict=True)
        if isinstance(answer, Refusal)
    )
    everything = frozenset(answer.id for _, answer in made)
    alone, found = Change(visible=everything, hidden=frozenset()), []
    with_all, own_with_all = _effects(twin, subjects, alone), _effects(twin, own, alone)
    for index, answer in made:
        using = _using(answer, with_all)
        gains = _gains(twin, answer, subjects, with_all, everything) or _gains(
            twin, answer, own, own_with_all, everything
        )
        reason = _NO_CHEAPER if using else why_unused(twin, answer, subjects, source, alone)
        found.append(
            (
                answer,
                TriedNewIndex(
                    name=RelationName(index.schema, index.name),
                    definition=index.definition,
                    bytes=answer.bytes,
                    gains=gains,
                    unused_because="" if gains else reason,
                ),
            )
        )
    return found, omitted


def _using(index: WhatIfIndex, planned: Mapping[str, StatementEffect]) -> set[str]:
    """The statements whose plans have the index."""
    return {key for key, each in planned.items() if any(index.id in pair.after.indexes for pair in each.pairs)}


def _gains(
    twin: Twin,
    index: WhatIfIndex,
    subjects: Sequence[Subject],
    with_all: Mapping[str, StatementEffect],
    everything: frozenset[int],
) -> tuple[Gain, ...]:
    """What the statements that use an index gain by it, beside all the others."""
    using = _using(index, with_all)
    without = _effects(
        twin,
        [each for each in subjects if each.statement.fingerprint in using],
        Change(visible=everything - {index.id}, hidden=frozenset()),
    )
    return tuple(
        Gain(
            sql=with_all[key].sql,
            cost_before=each.cost_after,
            cost_after=with_all[key].cost_after,
            calls=each.calls,
        )
        for key, each in without.items()
        if each.cost_after > with_all[key].cost_after * (1 + PRACTICAL)
    )


def _missed(
    twin: Twin,
    dropped: Sequence[Index],
    tried: Sequence[tuple[WhatIfIndex, TriedNewIndex]],
    subjects: Sequence[Subject],
) -> Iterator[MissedIndex]:
    """Each of the dropped ones that a statement then misses, with the migration's own in place."""
    visible = frozenset(answer.id for answer, _ in tried)
    hidden = frozenset(each.name for each in dropped)
    for index in dropped:
        with_it = _effects(twin, subjects, Change(visible=visible, hidden=hidden - {index.name}))
        without = _effects(twin, subjects, Change(visible=visible, hidden=hidden))
        losses = tuple(
            Gain(
                sql=each.sql,
                cost_before=with_it[key].cost_after,
                cost_after=each.cost_after,
                calls=each.calls,
            )
            for key, each in without.items()
            if key in with_it and each.cost_after > with_it[key].cost_after * 1.1
        )
        if losses:
            yield MissedIndex(name=RelationName(index.schema, index.name), losses=losses)


def _effects(twin: Twin, subjects: Sequence[Subject], change: Change) -> Mapping[str, StatementEffect]:
    planned = effects(twin, subjects, change)
    return {each.fingerprint: each for each in planned if isinstance(each, StatementEffect)}


def _compared(
    twin: Twin,
    source: Snapshot,
    tried: Sequence[tuple[WhatIfIndex, TriedNewIndex]],
    subjects: Sequence[Subject],
    workload: Workload,
) -> Generator[Progress, None, list[tuple[WhatIfIndex, TriedNewIndex]]]:
    """With what the adviser would have on the same tables, where that is a good deal better."""
    statements = tuple(each.statement for each in subjects)
    advice: Advice | None = None
    for event in advise(source, msgspec.structs.replace(workload, statements=statements), twin, aims=_QUICK):
        if isinstance(event, Advice):
            advice = event
        else:
            yield event
    own = frozenset(answer.id for answer, _ in tried)
    kept = _cost(_effects(twin, subjects, Change(visible=own, hidden=frozenset())))
    found = []
    for answer, index in tried:
        table = index.definition.relation
        wanted = [
            statement.makes
            for item in (advice.prescriptions if advice else ())
            for statement in item.do
            if statement.makes is not None and statement.makes.relation == table
        ]
        rest = frozenset(one.id for one, each in tried if each.definition.relation != table)
        made = [each.id for each in twin.add_all(wanted) if isinstance(each, WhatIfIndex)]
        other = _cost(_effects(twin, subjects, Change(visible=rest | set(made), hidden=frozenset())))
        share = other / kept if kept else 1.0
        is_for_others = any(gain.calls for gain in index.gains) or not index.gains
        is_better = bool(made) and share <= _BETTER and is_for_others
        found.append(
            (
                answer,
                msgspec.structs.replace(
                    index,
                    better=tuple(quote.create_index(each, "") for each in wanted) if is_better else (),
                    better_share=share if is_better else 1.0,
                ),
            )
        )
    return found


def _cost(planned: Mapping[str, StatementEffect]) -> float:
    return sum(each.calls * each.cost_after for each in planned.values())
