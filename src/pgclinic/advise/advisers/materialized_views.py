"""Sums that are asked for again and again, kept instead of computed each time.

What it sees:
    Statements of notable weight that sum up one table, themselves or through views: sums, counts, averages, ends,
    and distinct counts or percentiles where they are asked for by day.

How it is confirmed:
    The statement is planned over the database as it is, over the database with indexes made for it, and rewritten
    over one that has the sums, with statistics derived from those of the table. It must be several times cheaper than
    both, and the workload must gain by it after what keeping the sums costs.

What it prescribes:
    Where the table changes more slowly than it is asked, a materialized view, a function that refreshes it when it is
    due, and the statement that reads it. Where it changes faster, sums that triggers keep exact at every moment: by
    adding differences, or, of what cannot be added up (distinct counts, percentiles), for days that rest.
"""

from collections.abc import Iterator, Sequence

import msgspec

from pgclinic.advise.case import Case
from pgclinic.advise.planner import Planner
from pgclinic.advise.summaries import writing
from pgclinic.advise.summaries.asking import Asking, asking, column_types
from pgclinic.advise.summaries.costing import costs_of, day_index_for, indexes_for, used_by
from pgclinic.advise.summaries.relation import KeptRelation, with_changes, with_log, with_summary
from pgclinic.advise.summaries.upkeep import Pace, interval_for, pace_of
from pgclinic.advise.summaries.writing import Findings
from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.plan import Plan, Question, WhatIfIndex
from pgclinic.model.platform import platform_relations
from pgclinic.model.prescription import Declined, Prescription
from pgclinic.model.privileges import granted
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote
from pgclinic.sql.grouping import MOVING, Types
from pgclinic.sql.policies import policies_on
from pgclinic.sql.spans import DAY, name_of
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.summaries import Kept, Summary, definition_of, of_days, subtractable, united

_LEAST_SHARE = 0.002
"""Of the workload's time: what takes less is not worth a relation of its own."""
_HEAVY_SHARE = 0.02
"""Of the workload's time: a statement that takes as much deserves to be told why its sums are not kept."""
_LEAST_GAIN = 5.0
"""How many times cheaper a statement must become, than now and than with an index."""
_LEAST_COST = 500.0
"""What an index brings below this planner cost, some milliseconds, is quick enough without sums."""
_LARGEST_UPKEEP = 0.25
"""Which share of what is saved may go into keeping the sums."""
_MOST_CHANGES = 1.0
"""Rows that may change between two askings for a materialized view to be of use."""
_WRITE_MS = 0.1
_ROW_MS = 0.003
"""What a writing statement, and each of its rows, pays for the triggers (estimated: a call of PL/pgSQL, an insert)."""
_FOLD_MS = 0.005
"""What a difference costs whoever folds it: it is taken away, and its cell taken out and put back (estimated)."""
_FOLDED_SECONDS = 60
"""How often a timer calls what folds or refreshes."""
_DAYS_NOTED = 2.0
"""Days that change between two refreshes: today, and one that is corrected."""


class _Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One summary, the statements that it would serve, and how it would be kept.

    By refreshes, unless there are ``changes`` and a ``reader`` (a rollup), or a ``log`` (daily sums): their relations.
    ``summary`` is as it was asked for, ``kept`` as it would be kept.
    """

    summary: Summary
    askings: tuple[Asking, ...]
    kept: KeptRelation
    pace: Pace
    changes: RelationName | None = None
    reader: RelationName | None = None
    log: RelationName | None = None

    @property
    def source(self) -> Kept:
        """Where statements find it."""
        if self.reader is not None:
            return Kept(quote.relation(self.reader), may_be_empty=True, summary=self.summary)
        log = quote.relation(self.log) if self.log else ""
        return Kept(quote.relation(self.kept.name), log=log, summary=self.summary)


def advise(case: Case) -> Iterator[Progress | Prescription | Declined]:
    """Materialized views and rollups, the heaviest statement's first."""
    types = column_types(case.snapshot)
    askings = _askings(case, types)
    yield from _cannot_be_kept(case, askings)
    served = list(_served(case.snapshot, askings))
    if not served:
        return
    yield Progress("planning with kept sums")
    altered, candidates = _with_all(case, types, served)
    taken = {relation.name for relation in altered.relations} | {index.name for index in altered.indexes}
    with case.planner_of(altered) as planner:
        for each in candidates:
            yield from _judged(case, types, each, planner, taken)


def _askings(case: Case, types: Types) -> list[Asking]:
    """Statements worth looking at that sum up, or would if that could be kept."""
    whole = sum(each.total_ms if each.total_ms is not None else each.calls for each in case.workload.statements)
    found = []
    for statement in case.workload.statements:
        weight = statement.total_ms if statement.total_ms is not None else statement.calls
        if weight < _LEAST_SHARE * whole:
            continue
        try:
            each = asking(statement, case.snapshot, types)
        except UnreadableSqlError:
            continue
        if each.summaries or each.reasons:
            found.append(each)
    return found


def _cannot_be_kept(case: Case, askings: Sequence[Asking]) -> Iterator[Declined]:
    """Heavy statements that one would like to keep the sums of."""
    whole = sum(each.total_ms if each.total_ms is not None else each.calls for each in case.workload.statements)
    for each in askings:
        share = each.total_ms / whole
        if share >= _HEAVY_SHARE and MOVING in each.reasons:
            yield Declined(
                adviser="materialized_views",
                object=ObjectName("statement", each.original.fingerprint),
                reason="Distinct counts and percentiles over a moving span cannot be put together from those of days: "
                "no kept sums serve {text}, which takes {share} of all time; an index on its bounds may.",
                facts=(Fact("text", each.original.sql, Unit.TEXT), Fact("share", share, Unit.RATIO)),
            )


def _served(snapshot: Snapshot, askings: Sequence[Asking]) -> Iterator[tuple[Summary, tuple[Asking, ...]]]:
    """Each summary with who asks for it; those of one kind are one where they can be put together.

    None of a table whose rows depend on who asks.
    """
    hidden = platform_relations(snapshot)
    served: dict[Summary, list[Asking]] = {}
    for each in askings:
        for summary in each.summaries:
            table = snapshot.relation_by_name[summary.table]
            is_own = table.relation_name not in hidden and table.kind in "rp" and table.persistence != "t"
            role = each.original.role
            if is_own and _may_read(snapshot, table, role) and not policies_on(snapshot, table, role):
                served.setdefault(summary, []).append(each)
    groups: list[list[Summary]] = []
    for summary in served:
        like = next((group for group in groups if united([*group, summary]) is not None), None)
        if like is None:
            groups.append([summary])
        else:
            like.append(summary)
    for group in groups:
        whole = united(group)
        assert whole is not None
        by_statement = {each.original: each for summary in group for each in served[summary]}
        yield whole, tuple(by_statement.values())


def _may_read(snapshot: Snapshot, table: Relation, role: str) -> bool:
    """Whether a role reads the table itself: who only reads a view of it would not see what lies between kept days."""
    who = next((each for each in snapshot.roles if each.name == role), None)
    if who is None or who.is_superuser or role == table.owner or "pg_read_all_data" in who.member_of:
        return True
    rights = granted(table.grants)
    return any("r" in rights.get(name, ()) for name in (role, "", *who.member_of))


def _with_all(
    case: Case, types: Types, served: Sequence[tuple[Summary, tuple[Asking, ...]]]
) -> tuple[Snapshot, tuple[_Candidate, ...]]:
    """The database with all that might be kept in it."""
    altered, candidates = case.snapshot, []
    for summary, askings in served:
        calls = sum(each.original.calls for each in askings)
        pace = pace_of(case.snapshot, case.workload, summary.table, calls)
        is_fast = pace.changes_per_ask > _MOST_CHANGES and _sees_every_change(case.snapshot, summary)
        changing = subtractable(summary, types[summary.table]) if is_fast else None
        altered, kept = with_summary(altered, changing or summary, _stem(summary))
        changes = reader = log = None
        if changing is not None:
            unfolded = min(kept.rows, max(1.0, pace.writes * _FOLDED_SECONDS))
            altered, changes, reader = with_changes(altered, kept, unfolded)
        elif is_fast and summary.bucket and summary.span == DAY:
            altered, log = with_log(altered, kept, _DAYS_NOTED)
        candidates.append(
            _Candidate(summary=summary, askings=askings, kept=kept, pace=pace, changes=changes, reader=reader, log=log)
        )
    return altered, tuple(candidates)


def _sees_every_change(snapshot: Snapshot, summary: Summary) -> bool:
    """Whether statement triggers do: not of what is written through partitions or heirs, or by a subscription."""
    return _is_alone(snapshot, summary) and not snapshot.subscriptions


def _is_alone(snapshot: Snapshot, summary: Summary) -> bool:
    table = snapshot.relation_by_name[summary.table]
    return table.kind == "r" and not table.parents and not snapshot.children_of.get(table.oid)


def _judged(
    case: Case, types: Types, candidate: _Candidate, planner: Planner, taken: set[str]
) -> Iterator[Prescription | Declined]:
    snapshot, summary, pace = case.snapshot, candidate.summary, candidate.pace
    by_day = day_index_for(snapshot, summary) if candidate.log is not None else None
    answers = planner.add_all((*indexes_for(snapshot, summary, candidate.askings), *([by_day] if by_day else [])))
    made = {index.id: index for index in answers if isinstance(index, WhatIfIndex)}
    costs = [
        costs_of(planner, snapshot, types, each, summary, candidate.source, frozenset(made))
        for each in candidate.askings
    ]
    won = tuple(each for each in costs if each and each.gain >= _LEAST_GAIN and each.indexed >= _LEAST_COST)
    if not won:
        return
    found = Findings(snapshot=snapshot, kept=candidate.kept, won=won, needed=used_by(won, made), pace=pace, taken=taken)
    calls = sum(each.asking.original.calls for each in won)
    spent_ms = sum(each.asking.total_ms for each in won)
    saved_ms = sum(each.asking.total_ms * (1 - each.after / each.before) for each in won)
    ms_a_cost = spent_ms / sum(each.asking.original.calls * each.before for each in won)
    most_ms = _LARGEST_UPKEEP * saved_ms / calls * pace.asks
    writes_ms = _WRITE_MS * pace.writes + _ROW_MS * pace.changes
    if candidate.changes is not None and candidate.reader is not None:
        upkeep_ms = writes_ms + _FOLD_MS * pace.changes
        if upkeep_ms <= most_ms:
            upkeep = _LARGEST_UPKEEP * upkeep_ms / most_ms
            yield from writing.rollup(found, changes=candidate.changes, reader=candidate.reader, upkeep=upkeep)
        return
    if candidate.log is not None:
        anew = planner.plan(Question(sql=of_days(summary, quote.relation(candidate.log))), visible=frozenset(made))
        if not isinstance(anew, Plan):
            return
        upkeep_ms = writes_ms + anew.cost * ms_a_cost / _FOLDED_SECONDS
        if upkeep_ms <= most_ms:
            upkeep = _LARGEST_UPKEEP * upkeep_ms / most_ms
            yield from writing.daily_sums(found, log=candidate.log, refresh_cost=anew.cost, upkeep=upkeep)
        return
    if pace.changes_per_ask > _MOST_CHANGES:
        yield _always_behind(snapshot, summary, pace)
        return
    refresh = planner.plan(Question(sql=definition_of(summary)))
    if not isinstance(refresh, Plan):
        return
    due = interval_for(
        pace, refresh_ms=refresh.cost * ms_a_cost, saved_ms=saved_ms / calls, largest_share=_LARGEST_UPKEEP
    )
    if due is not None:
        upkeep = _LARGEST_UPKEEP * refresh.cost * ms_a_cost / (most_ms * due)
        yield from writing.materialized_view(found, due=due, refresh_cost=refresh.cost, upkeep=upkeep)


def _always_behind(snapshot: Snapshot, summary: Summary, pace: Pace) -> Declined:
    return Declined(
        adviser="materialized_views",
        object=ObjectName("table", summary.table.name, schema=summary.table.schema),
        reason="{changes} rows of {table} change between two askings for its sums, so that a materialized view of "
        "them would always be behind; and triggers cannot keep them: {what}.",
        facts=(
            Fact("table", str(summary.table), Unit.TEXT),
            Fact("changes", pace.changes_per_ask),
            Fact(
                "what",
                "their changes cannot be added up"
                if _sees_every_change(snapshot, summary)
                else "its rows may come by a subscription, without triggers"
                if _is_alone(snapshot, summary)
                else "it has partitions or heirs",
                Unit.PHRASE,
            ),
        ),
    )


def _stem(summary: Summary) -> str:
    by = [*([name_of(summary.span)] if summary.bucket else []), *summary.keys]
    return f"{summary.table.name}_by_{'_'.join(by)}" if by else f"{summary.table.name}_sums"
