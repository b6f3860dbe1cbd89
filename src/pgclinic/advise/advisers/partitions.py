"""Partitions for a large table that grows in the order of a time.

It starts from the findings of ``large_unpartitioned_table``, and plans every statement of the workload that uses the
table twice: on the database as it is, and on one in which the table is partitioned by range of that time, each
partition with its part of the rows and of the statistics. It prescribes what makes all of the table's statements
together clearly cheaper, or no dearer where old rows are deleted by age (whole partitions go instead), and says which
of them get dearer. What a key or a foreign key stands against is refused with its name, as are tables with something
that could not be carried over.

The conversion makes the table as it is the partition of all that was; a second item, which may be left out, splits it.
"""

from collections.abc import Iterator, Sequence

import msgspec

from pgclinic.advise.case import Case
from pgclinic.advise.crontab import crontab
from pgclinic.advise.partitioning.keepers import keepers
from pgclinic.advise.partitioning.obstacles import ADVISER, obstacle
from pgclinic.advise.partitioning.parted import Part, only, parted, parts_of
from pgclinic.advise.partitioning.splitting import split_of, with_words
from pgclinic.advise.partitioning.spread import Spread, spread_of
from pgclinic.advise.planner import Planner
from pgclinic.advise.questions import custom_questions, generic_question
from pgclinic.advise.touched import relations_touched
from pgclinic.advise.whatif import Subject, subject_of
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.clock import beginnings
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding
from pgclinic.model.names import RelationName
from pgclinic.model.plan import Asked, Plan, Refusal
from pgclinic.model.prescription import (
    ApplicationChange,
    Declined,
    NextBest,
    Prescription,
    Risk,
    StatementGain,
    When,
)
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.remedies import partition_table
from pgclinic.remedies.partition_table import Division
from pgclinic.sizes import build_seconds, index_pages
from pgclinic.sizes.types import PAGE
from pgclinic.sql import quote
from pgclinic.sql.growing import LARGE_BYTES, MANY_ROWS, GrowingTable, growing_tables

_CHECK = "large_unpartitioned_table"
_LOOSE_CHANGES, _LOOSE_CORRELATION = 0.5, 0.5
"""A table that grows like this is worth a word on why it is not partitioned."""

_LARGEST_PART = 1 << 30
_FEWEST_PARTS, _MOST_PARTS = 12, 400
_CLEARLY = 1.5
"""A statement that prunes is so many times cheaper at least."""
_WORTH_IT = 0.75
"""All of a table's statements together cost no more than so much of what they do; it is work to get there."""
_WORSE = 1.01
"""The planner itself takes paths for equal whose costs differ by less than one part in a hundred."""


class _Effect(msgspec.Struct, frozen=True, kw_only=True):
    """A statement's costs, one a question, as it is, partitioned, and with an index on the key instead."""

    subject: Subject
    before: tuple[float, ...]
    after: tuple[float, ...]
    indexed: tuple[float, ...]
    weight: float

    @property
    def ratio(self) -> float:
        """What it costs partitioned, relative to now."""
        return _mean(self.after) / _mean(self.before)

    @property
    def gain(self) -> StatementGain:
        statement = self.subject.statement
        return StatementGain(
            fingerprint=statement.fingerprint,
            name=statement.name,
            sql=statement.sql,
            cost_before=round(_mean(self.before), 2),
            cost_after=round(_mean(self.after), 2),
            weight=self.weight,
            low_before=round(min(self.before), 2),
            high_before=round(max(self.before), 2),
            low_after=round(min(self.after), 2),
            high_after=round(max(self.after), 2),
            parameters=tuple(dict.fromkeys(each.source for each in statement.parameters)) or ("generic",),
            role=statement.role,
        )


def advise(case: Case) -> Iterator[Progress | Prescription | Declined]:
    """Partitions, or why not, table by table in the order of the catalog."""
    snapshot = case.snapshot
    advised = {finding.object: finding for finding in case.findings_of(_CHECK)}
    # Loosely: what has a finding may have been found with the user's own thresholds.
    for found in growing_tables(
        snapshot,
        min_bytes=0 if advised else LARGE_BYTES,
        min_rows=0 if advised else MANY_ROWS,
        changes=_LOOSE_CHANGES,
        min_correlation=_LOOSE_CORRELATION,
    ):
        finding = advised.get(table_object(found.table))
        is_large = found.bytes >= LARGE_BYTES and found.rows >= MANY_ROWS
        if finding is None and (found.is_free or not is_large):
            continue
        yield Progress(f"partitioning {found.table.relation_name}")
        judged = _judged(case, found, finding)
        yield from _with_split(snapshot, found, judged) if isinstance(judged, Prescription) else (judged,)


def _judged(case: Case, found: GrowingTable, finding: Finding | None) -> Prescription | Declined:
    snapshot, table, about = case.snapshot, found.table, table_object(found.table)
    spread = _spread(snapshot, found)
    refusal = obstacle(snapshot, found, spread.high if spread else None)
    if refusal is not None:
        return refusal
    assert finding is not None
    assert spread is not None
    interval, parts = _division(found, spread)
    name = Fact("table", str(table.relation_name), Unit.TEXT)
    if not parts:
        return Declined(
            adviser=ADVISER, object=about, reason="{table} spans too short a time for partitions.", facts=(name,)
        )
    effects = _effects(case, found, spread, parts)
    if isinstance(effects, Declined):
        return effects
    relative, _ = _relative(effects)
    facts = (
        name,
        Fact("key", found.column.name, Unit.TEXT),
        Fact("interval", interval, Unit.TEXT),
        Fact("size", found.bytes, Unit.BYTES),
        Fact("rows", round(found.rows), provenance=Provenance.ESTIMATED),
        Fact("partitions for so many rows", len(parts), provenance=Provenance.ESTIMATED),
        Fact("relative cost of its statements", round(relative, 4), Unit.RATIO, Provenance.PLANNED),
    )
    gaining = [effect for effect in effects if effect.ratio * _CLEARLY <= 1]
    if not gaining:
        return Declined(
            adviser=ADVISER,
            object=about,
            reason="No statement would read clearly less of {table} if it were partitioned.",
            facts=facts,
        )
    if relative > (_WORSE if found.deletes_by_age else _WORTH_IT):
        return Declined(
            adviser=ADVISER,
            object=about,
            reason="Most of what is asked of {table} does not ask ranges of {key}, and would gain nothing.",
            facts=facts,
        )
    return _prescribed(snapshot, found, finding, _division_of(snapshot, found, interval), effects, facts)


def _with_split(snapshot: Snapshot, found: GrowingTable, conversion: Prescription) -> tuple[Prescription, ...]:
    """The conversion, and what splits the past that it leaves; or the conversion with why that is not done."""
    spread = _spread(snapshot, found)
    assert spread is not None
    interval, parts = _division(found, spread)
    split = split_of(snapshot, conversion, _division_of(snapshot, found, interval), parts)
    return (conversion, split) if isinstance(split, Prescription) else (with_words(conversion, split),)


def _spread(snapshot: Snapshot, found: GrowingTable) -> Spread | None:
    key = (found.table.oid, found.column.name)
    ends = next((each for each in snapshot.column_ends if (each.relation, each.column) == key), None)
    try:
        return spread_of(snapshot.statistics_of.get((*key, False)), ends)
    except ValueError:
        return None


def _division(found: GrowingTable, spread: Spread) -> tuple[str, tuple[Part, ...]]:
    """The longest interval with enough partitions, small enough, and the partitions of the rows there are."""
    best: tuple[str, tuple[Part, ...]] = ("", ())
    for interval in partition_table.INTERVALS:
        try:
            days = beginnings(spread.low, spread.high, interval.partition(" ")[2], most=_MOST_PARTS)
        except ValueError:
            continue
        parts = parts_of(spread, days)
        is_small = max(part.share for part in parts) * found.bytes <= _LARGEST_PART
        if len(parts) >= _FEWEST_PARTS and (is_small or not best[1]):
            best = interval, parts
    return best


def _effects(case: Case, found: GrowingTable, spread: Spread, parts: Sequence[Part]) -> tuple[_Effect, ...] | Declined:
    """What looks for rows of the table, before and after; a refusal where a statement on it would fail afterwards."""
    snapshot, name = case.snapshot, found.table.relation_name
    prepared = [subject_of(statement, snapshot) for statement in case.workload.statements]
    subjects = [subject for subject in prepared if subject.touches(frozenset({name}))]
    workload = msgspec.structs.replace(case.workload, statements=tuple(each.statement for each in subjects))
    near = only(snapshot, relations_touched(snapshot, workload) | {found.table.oid})
    index = IndexDefinition(name, (IndexKey(found.column.name),))
    with case.planner_of(near) as planner:
        before = _costs(planner, subjects, frozenset())
        made = planner.add(index)
        indexed = before if isinstance(made, Refusal) else _costs(planner, subjects, frozenset({made.id}))
    with case.planner_of(parted(near, found.table, found.column, spread, tuple(parts))) as planner:
        after = _costs(planner, subjects, frozenset())
    total = sum(statement.total_ms or 0.0 for statement in case.workload.statements)
    effects = []
    for subject, first, then, otherwise in zip(subjects, before, after, indexed, strict=True):
        if isinstance(first, Refusal):
            continue
        if isinstance(then, Refusal):
            return Declined(
                adviser=ADVISER,
                object=table_object(found.table),
                reason="A statement on {table} would fail if it were partitioned by {key}: {error} ({statement})",
                facts=(
                    Fact("table", str(name), Unit.TEXT),
                    Fact("key", found.column.name, Unit.TEXT),
                    Fact("error", then.reason, Unit.TEXT),
                    Fact("statement", subject.statement.sql, Unit.TEXT),
                ),
            )
        weight = (subject.statement.total_ms or 0.0) / total if total else subject.statement.calls
        if _reads(subject, name):
            indexed_costs = first if isinstance(otherwise, Refusal) else otherwise
            effects.append(_Effect(subject=subject, before=first, after=then, indexed=indexed_costs, weight=weight))
    return tuple(effects)


def _reads(subject: Subject, table: RelationName) -> bool:
    """Whether it looks for rows of the table: to add some costs the same, partitioned or not."""
    return subject.shape is not None and any(use.relation == table for use in subject.shape.uses)


def _relative(effects: Sequence[_Effect]) -> tuple[float, float]:
    """What the statements cost together, relative to now: partitioned, and with an index on the key instead."""
    whole = sum(effect.weight for effect in effects) or 1.0
    return (
        sum(effect.weight * effect.ratio for effect in effects) / whole,
        sum(effect.weight * _mean(effect.indexed) / _mean(effect.before) for effect in effects) / whole,
    )


def _costs(planner: Planner, subjects: Sequence[Subject], visible: frozenset[int]) -> list[tuple[float, ...] | Refusal]:
    """The costs of each subject with its values, or of its generic plan where it has none that the planner takes."""
    questions = [custom_questions(each.statement) or (generic_question(each.statement),) for each in subjects]
    answers = iter(planner.plan_all([Asked(question, visible) for each in questions for question in each]))
    found: list[tuple[float, ...] | Refusal] = []
    for subject, each in zip(subjects, questions, strict=True):
        plans = [next(answers) for _ in each]
        refusal = next((plan for plan in plans if isinstance(plan, Refusal)), None)
        if refusal is not None:
            answer = planner.plan(generic_question(subject.statement), visible=visible)
            found.append((answer.cost,) if isinstance(answer, Plan) else answer)
        else:
            found.append(tuple(plan.cost for plan in plans if isinstance(plan, Plan)))
    return found


def _division_of(snapshot: Snapshot, found: GrowingTable, interval: str) -> Division:
    table = found.table
    constraints = snapshot.constraints_of.get(table.oid, ())
    taken = (
        *(each.name for each in snapshot.relations),
        *(each.name for each in snapshot.indexes),
        *(each.name for each in snapshot.sequences),
        *(each.name for each in snapshot.functions),
        *(each.name for each in constraints),
    )
    return Division(
        table=table.relation_name,
        key=found.column.name,
        key_type=found.column.type,
        interval=interval,
        primary=next((each.columns for each in constraints if each.kind == "p"), ()),
        taken=frozenset(taken),
        has_pg_cron=any(each.name == "pg_cron" for each in snapshot.extensions),
    )


def _prescribed(
    snapshot: Snapshot,
    found: GrowingTable,
    finding: Finding,
    division: Division,
    effects: Sequence[_Effect],
    facts: tuple[Fact, ...],
) -> Prescription:
    table, remedy, index = found.table, partition_table.remedy(division), division.widened_key
    pages = index_pages(snapshot, table, index) if index is not None else 0
    return Prescription(
        kind=remedy.kind,
        object=table_object(table),
        table=table_object(table),
        reason="{table} has {size} in one piece and is asked for ranges of {key}: partitions of {interval} let a range "
        "read its own. What is there becomes one partition: until that is split, "
        "the planned gain comes with the time that follows.",
        do=remedy.do,
        undo=remedy.undo,
        verify=remedy.verify,
        hazards=remedy.hazards,
        size_bytes=pages * PAGE,
        build_seconds=round(build_seconds(snapshot, table, index, pages), 1) if index is not None else None,
        cures=(finding.fingerprint,),
        facts=facts,
        gains=tuple(effect.gain for effect in effects if effect.ratio * _WORSE < 1),
        losses=tuple(effect.gain for effect in effects if effect.ratio > _WORSE),
        next_best=_next_best(found, effects),
        application=_application(snapshot, found, division),
        adviser=ADVISER,
        when=When.THIS_MONTH,
        risk=Risk.HIGH,
    )


def _next_best(found: GrowingTable, effects: Sequence[_Effect]) -> NextBest:
    """An index on the key instead."""
    definition = IndexDefinition(found.table.relation_name, (IndexKey(found.column.name),))
    relative, with_index = _relative(effects)
    return NextBest(sql=quote.create_index(definition, ""), cost=round(with_index, 6), chosen_cost=round(relative, 6))


def _application(snapshot: Snapshot, found: GrowingTable, division: Division) -> ApplicationChange:
    call = f"select {quote.relation(division.upkeep)}()"
    sentences = []
    if division.widened_key is not None:
        columns = ", ".join(division.primary)
        sentences.append(
            f"The primary key becomes ({columns}, {division.key}): nothing enforces any more that {columns} alone is "
            "unique, and ON CONFLICT has to name both."
        )
    if not division.has_pg_cron:
        sentences.append(f"Run {call} every day: it makes the next partitions, and nothing when they are there.")
    if found.deletes_by_age:
        sentences.append(
            "Old rows go with its second argument instead of DELETE: the age from which whole partitions are dropped, "
            "or only detached with a third of false."
        )
    examples = [] if division.has_pg_cron else [crontab("17 3 * * *", "psql -X -c", call)]
    for sentence, example in keepers(snapshot, division, deletes_by_age=found.deletes_by_age):
        sentences.append(sentence)
        examples += [example] if example is not None else []
    return ApplicationChange(
        summary=" ".join(sentences) or "Nothing: pg_cron makes the next partitions.", examples=tuple(examples)
    )


def _mean(costs: Sequence[float]) -> float:
    return sum(costs) / len(costs) or 1.0
