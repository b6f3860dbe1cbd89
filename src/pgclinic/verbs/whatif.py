"""What would these indexes do? Plans before and after on the twin; nothing is built, nothing is dropped."""

from collections.abc import Generator, Iterator, Mapping, Sequence

import msgspec

from pgclinic.advise.touched import relations_touched
from pgclinic.advise.whatif import Change, Subject, concerned, effects, existing_for, subject_of, why_unused
from pgclinic.model.catalog import Index
from pgclinic.model.errors import UserError
from pgclinic.model.names import RelationName
from pgclinic.model.plan import PlanNode, Refusal, WhatIfIndex
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.whatif import HiddenIndex, PlanPair, StatementEffect, TriedIndex, WhatIf
from pgclinic.model.workload import Workload, WorkloadScript, WorkloadStatement
from pgclinic.remedies.create_index import name_for
from pgclinic.report.printable import shortened
from pgclinic.sizes import build_seconds
from pgclinic.sizes.types import PAGE
from pgclinic.sql import clock, quote
from pgclinic.sql.index_ddl import CreateIndex, DropIndex, read_index_ddl, read_name
from pgclinic.twin.explain import WHATIF_PREFIX
from pgclinic.twin.planner import Twin
from pgclinic.verbs.named import index_named, strict_resolver
from pgclinic.verbs.private import death_in_words
from pgclinic.workload import from_script, from_statements

_LONGEST_SQL = 200
_BATCH = 200
"""Statements planned between two words of progress."""
_CAN_HAVE_INDEXES = frozenset("rpm")


def whatif(
    snapshot: Snapshot,
    *,
    ddl: Sequence[str] = (),
    drop: Sequence[str] = (),
    query: WorkloadScript | None = None,
    script: WorkloadScript | None = None,
) -> Generator[Progress, None, WhatIf]:
    """Plan the ``query`` and the workload (of the snapshot, or of a ``script``) as they are and as they would be.

    ``ddl`` are texts of CREATE INDEX and DROP INDEX statements, ``drop`` names of indexes. Raises UserError for what
    is not in the database, for an index that PostgreSQL refuses, and for a query that cannot be planned.
    """
    created, hidden = _changes(snapshot, ddl, drop)
    workload = from_script.workload_of(script) if script else from_statements.workload_of(snapshot)
    queries = from_script.workload_of(query).statements if query else ()
    tables = concerned(snapshot, [*(each.definition.relation for each in created), *(each.table for each in hidden)])
    subjects = []
    for number, statement in enumerate(workload.statements):
        if number % _BATCH == 0:
            yield Progress("reading statements", number, len(workload.statements))
        if (subject := subject_of(statement, snapshot)).touches(tables):
            subjects.append(subject)
    asked = [subject_of(statement, snapshot) for statement in queries]
    yield Progress("starting the twin")
    relations = relations_touched(snapshot, _needed(tables, [*asked, *subjects]))
    with death_in_words("The private server that plans"), Twin(snapshot, relations=relations) as twin:
        made = _made(twin, created)
        family = {index.oid: index for each in hidden for index in _family(snapshot, each)}
        names = frozenset(index.name for index in family.values())
        change = Change(visible=frozenset(index.id for index in made), hidden=names)
        namesakes = [each for each in snapshot.indexes if each.name in names and each.oid not in family]
        planned: list[StatementEffect | Refusal] = []
        everything = [*asked, *subjects]
        for start in range(0, len(everything), _BATCH):
            yield Progress("planning before and after", start, len(everything))
            planned += effects(twin, everything[start : start + _BATCH], change)
        twin.demand_alive()
        answers = tuple(_demanded(each, subject) for each, subject in zip(planned, asked, strict=False))
        rest = list(zip(planned[len(asked) :], subjects, strict=True))
        known = [effect for effect, _ in rest if isinstance(effect, StatementEffect)]
        omitted = [f"{each.reason}: {each.sql}" for each in workload.omissions]
        omitted += [f"{effect.reason}: {each.statement.sql}" for effect, each in rest if isinstance(effect, Refusal)]
        yield Progress("looking at what is not used")
        named = {index.id: name for index, name in zip(made, _names(created, snapshot), strict=True)}
        tried = tuple(
            _tried(twin, index, named[index.id], snapshot, change, everything, [*answers, *known]) for index in made
        )
        twin.demand_alive()
        return WhatIf(
            database=snapshot.server.database,
            clock=snapshot.header.clock,
            planned_by=twin.planned_by,
            indexes=tried,
            hidden=hidden,
            queries=tuple(_readable(each, named) for each in answers),
            effects=tuple(_readable(each, named) for each in sorted(known, key=_greatest_change_first)),
            others=len(workload.statements) - len(subjects),
            source=workload.source,
            omitted=tuple(omitted),
            notes=tuple(_namesake(each) for each in namesakes if each.relation in relations),
            plans=twin.plans_made,
        )


def _changes(
    snapshot: Snapshot, ddl: Sequence[str], drop: Sequence[str]
) -> tuple[tuple[CreateIndex, ...], tuple[HiddenIndex, ...]]:
    resolve = strict_resolver(snapshot)
    read = [each for text in ddl for each in read_index_ddl(text, resolve)]
    created = tuple(each for each in read if isinstance(each, CreateIndex))
    dropped = [each for each in read if isinstance(each, DropIndex)] + [read_name(name) for name in drop]
    if not created and not dropped:
        raise UserError("There is nothing to try; give an index with --ddl or the name of one with --drop.")
    return created, tuple(dict.fromkeys(_hidden(each, snapshot) for each in dropped))


def _hidden(dropped: DropIndex, snapshot: Snapshot) -> HiddenIndex:
    index = index_named(dropped, snapshot)
    return HiddenIndex(
        name=RelationName(index.schema, index.name),
        table=index.definition.relation,
        definition=index.definition,
        bytes=index.bytes,
        enforces=index.constraint,
    )


def _needed(tables: frozenset[RelationName], subjects: Sequence[Subject]) -> Workload:
    """What the twin must hold: all that will be planned, and the tables even where no statement names them."""
    named = (
        WorkloadStatement(fingerprint="", name="", sql=f"select from {quote.relation(table)}")
        for table in sorted(tables)
    )
    return Workload(statements=(*(subject.statement for subject in subjects), *named), source="")


def _made(twin: Twin, created: Sequence[CreateIndex]) -> tuple[WhatIfIndex, ...]:
    made = []
    for wanted, answer in zip(created, twin.add_all([each.definition for each in created]), strict=True):
        if isinstance(answer, Refusal):
            twin.demand_alive()
            text = quote.create_index(wanted.definition, wanted.name or "any_name")
            raise UserError(f"PostgreSQL refuses the index: {_reason(answer)} ({shortened(text, _LONGEST_SQL)}).")
        made.append(answer)
    return tuple(made)


def _reason(refusal: Refusal) -> str:
    """PostgreSQL's words as a part of a sentence."""
    return refusal.reason.removeprefix("ERROR:").strip().rstrip(".")


def _family(snapshot: Snapshot, hidden: HiddenIndex) -> list[Index]:
    """An index and those attached to it on partitions."""
    oids = {each.oid for each in snapshot.indexes if RelationName(each.schema, each.name) == hidden.name}
    found: list[Index] = []
    while oids:
        found += [each for each in snapshot.indexes if each.oid in oids]
        oids = {each.oid for each in snapshot.indexes if each.parent in oids}
    return found


def _namesake(index: Index) -> str:
    """The planner hides by name."""
    table = index.definition.relation
    return f"The index {index.schema}.{index.name} of {table} has the same name and was hidden too."


def _demanded(effect: StatementEffect | Refusal, subject: Subject) -> StatementEffect:
    if isinstance(effect, Refusal):
        raise UserError(f"PostgreSQL cannot plan {subject.statement.name!r}: {_reason(effect)}.")
    return effect


def _tried(
    twin: Twin,
    index: WhatIfIndex,
    name: str,
    snapshot: Snapshot,
    change: Change,
    subjects: Sequence[Subject],
    planned: Sequence[StatementEffect],
) -> TriedIndex:
    uses = len({each.fingerprint for each in planned if any(index.id in pair.after.indexes for pair in each.pairs)})
    relation = snapshot.relation_by_name[index.definition.relation]
    existing = existing_for(index.definition, snapshot, change.hidden)
    return TriedIndex(
        name=name,
        definition=index.definition,
        bytes=index.bytes,
        build_seconds=round(build_seconds(snapshot, relation, index.definition, index.bytes // PAGE), 3),
        uses=uses,
        exists_as=str(RelationName(existing.schema, existing.name)) if existing else "",
        unused_because="" if uses or existing else why_unused(twin, index, subjects, snapshot, change),
    )


def _names(created: Sequence[CreateIndex], snapshot: Snapshot) -> Iterator[str]:
    """A name for each: the one that was given, else one like PostgreSQL's own choice."""
    taken = {index.name for index in snapshot.indexes} | {each.name for each in created}
    for each in created:
        name = each.name or name_for(each.definition, taken)
        taken.add(name)
        yield name


def _readable(effect: StatementEffect, names: Mapping[int, str]) -> StatementEffect:
    """The effect with what-if indexes under their names in its plans, and the clock under its own."""

    def renamed(node: PlanNode) -> PlanNode:
        number = _whatif_id(node.index)
        name = node.index if number is None else names[number]
        return msgspec.structs.replace(
            node,
            index=name,
            condition=_unclocked(node.condition),
            filter=_unclocked(node.filter),
            detail=_unclocked(node.detail),
            children=tuple(map(renamed, node.children)),
        )

    def read(pair: PlanPair) -> PlanPair:
        before, after = (msgspec.structs.replace(each, root=renamed(each.root)) for each in (pair.before, pair.after))
        return msgspec.structs.replace(pair, before=before, after=after)

    generic = read(effect.generic) if effect.generic else None
    return msgspec.structs.replace(effect, pairs=tuple(map(read, effect.pairs)), generic=generic)


def _unclocked(expression: str) -> str:
    """The expression with the calls that the user wrote instead of those to the twin's clock."""
    return expression.replace(f"{clock.SCHEMA}.", "")


def _whatif_id(index: str) -> int | None:
    number = index.removeprefix(WHATIF_PREFIX).partition("_")[0]
    return int(number) if index.startswith(WHATIF_PREFIX) and number.isdigit() else None


def _greatest_change_first(effect: StatementEffect) -> tuple[float, str]:
    return (-effect.calls * abs(effect.cost_after - effect.cost_before), effect.fingerprint)
