"""What statements cost as they are, with indexes made for them, and reading kept sums."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from pgclinic.advise.planner import Planner
from pgclinic.advise.questions import custom_questions, generic_question
from pgclinic.advise.summaries.asking import Asking, resolver_for
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.plan import Asked, Plan, Question, WhatIfIndex
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.grouping import Types, without_modifier
from pgclinic.sql.immutable import Catalog, type_of
from pgclinic.sql.shape import shape_of
from pgclinic.sql.summaries import Kept, Summary, columns_read, rewritten


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """One statement as it is, with indexes made for it, and reading what is kept, whose text is ``sql``.

    ``indexes`` are those that the last uses on the table itself.
    """

    asking: Asking
    sql: str
    before: float
    indexed: float
    after: float
    indexes: frozenset[int]

    @property
    def gain(self) -> float:
        """How many times cheaper it is than it is now and than it would be with indexes alone."""
        return min(self.before, self.indexed) / max(self.after, 1e-9)


def indexes_for(snapshot: Snapshot, summary: Summary, askings: Sequence[Asking]) -> tuple[IndexDefinition, ...]:
    """The indexes that would serve the statements best without any sums: by time, and by what they ask to be equal."""
    carried: dict[tuple[str, ...], set[str]] = {}
    for asked in askings:
        for keys, rest in _indexes_for(snapshot, summary, asked):
            carried.setdefault(keys, set()).update(rest)
    return tuple(
        IndexDefinition(summary.table, tuple(IndexKey(key) for key in keys), include=tuple(sorted(rest)))
        for keys, rest in sorted(carried.items())
    )


def day_index_for(snapshot: Snapshot, summary: Summary) -> IndexDefinition | None:
    """The index by which the rows of a day are found; None where the day may not stand in an index.

    The column itself comes along: without it PostgreSQL does not find that the index holds all that is asked.
    """
    table = snapshot.relation_by_name[summary.table]
    columns = {column.name: without_modifier(column.type) for column in snapshot.columns_of.get(table.oid, ())}
    if type_of(summary.day, Catalog(columns)) is None:
        return None
    return IndexDefinition(
        summary.table,
        (IndexKey(summary.day, is_column=False),),
        include=tuple(dict.fromkeys((summary.time, *sorted(columns_read(summary))))),
    )


def costs_of(
    planner: Planner,
    snapshot: Snapshot,
    types: Types,
    asked: Asking,
    summary: Summary,
    kept: Kept,
    visible: frozenset[int],
) -> Costs | None:
    """The mean over the sets of values; None where one of the three cannot be planned. ``visible`` are the indexes."""
    sql = rewritten(
        asked.sql, resolver_for(asked, snapshot), types, lambda part: kept if summary.serves(part) else None
    )
    questions = list(custom_questions(asked.statement)) or [generic_question(asked.statement)]
    renewed = [Question(sql=sql, parameters=each.parameters) for each in questions]
    sides = (
        [Asked(question) for question in questions],
        [Asked(question, visible) for question in questions],
        [Asked(question, visible) for question in renewed],
    )
    plans = [[each for each in planner.plan_all(side) if isinstance(each, Plan)] for side in sides]
    if any(len(side) < len(questions) for side in plans):
        return None
    before, indexed, after = (sum(each.cost for each in side) / len(side) for side in plans)
    indexes = frozenset[int]().union(*(each.indexes for each in plans[2]))
    return Costs(asking=asked, sql=sql, before=before, indexed=indexed, after=after, indexes=indexes)


def used_by(costs: Sequence[Costs], made: Mapping[int, WhatIfIndex]) -> tuple[WhatIfIndex, ...]:
    """The indexes of the table that statements need beside what is kept."""
    return tuple(made[number] for number in sorted(frozenset[int]().union(*(each.indexes for each in costs))))


def _indexes_for(
    snapshot: Snapshot, summary: Summary, asked: Asking
) -> Iterator[tuple[tuple[str, ...], frozenset[str]]]:
    """Keys, and what else the statement reads."""
    time = (summary.time,) if summary.time else ()
    for use in shape_of(asked.sql, resolver_for(asked, snapshot)).uses:
        if use.relation != summary.table:
            continue
        equal = tuple(one.column for one in use.predicates if one.operator == "=" and not one.is_list)
        for columns in (time, (*equal, *time), (*summary.keys, *time)):
            keys = tuple(dict.fromkeys(columns))
            if keys:
                yield keys, use.columns - set(keys)
