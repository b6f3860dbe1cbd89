"""What is kept of a table, and when one summary serves in the place of others."""

from collections.abc import Mapping, Sequence

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.sql import quote
from pgclinic.sql.grouping import without_modifier
from pgclinic.sql.spans import DAY


class Measure(msgspec.Struct, frozen=True):
    """A column of a summary: an aggregate ``sql`` over bare columns of the table, and how values are put together.

    ``kind`` is ``count``, ``sum``, ``min``, ``max``, or ``whole`` for what cannot be put together. Of a sum
    ``argument`` is the column and ``filter`` the clause behind the call.
    """

    name: str
    kind: str
    sql: str
    type: str
    argument: str = ""
    filter: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a table. ``keys`` are columns; ``bucket`` names the span's column, empty where there is none.

    ``day`` is the span, which has ``span`` seconds, as an expression over ``time``: in SQL over bare columns, of type
    ``day_type``. ``condition`` is what all rows kept have in common, SQL or empty.
    """

    table: RelationName
    time: str = ""
    bucket: str = ""
    day: str = ""
    day_type: str = ""
    span: int = DAY
    keys: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    condition: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns by which a cell is known."""
        return (self.bucket, *self.keys) if self.bucket else self.keys

    @property
    def is_whole(self) -> bool:
        """Whether it serves only those who ask for exactly its cells."""
        return any(each.kind == "whole" for each in self.measures)

    def serves(self, part: "Summary") -> bool:
        """Whether whoever asks for ``part`` can ask for this instead."""
        return part == self or united((self, part)) == self

    def cut_like(self, other: "Summary") -> "Summary":
        """The same of other spans."""
        return msgspec.structs.replace(
            self, bucket=other.bucket, day=other.day, day_type=other.day_type, span=other.span
        )


class Kept(msgspec.Struct, frozen=True):
    """Where a summary is kept: SQL for FROM. ``may_be_empty``: cells may have come to hold no row.

    ``log`` is SQL for FROM with the days, under the bucket's name, whose cells are no longer those of the table.
    ``summary`` is what is kept, whose spans may be shorter than those of who asks.
    """

    sql: str
    may_be_empty: bool = False
    log: str = ""
    summary: Summary | None = None


def united(summaries: Sequence[Summary]) -> Summary | None:
    """One summary in the place of several: finer cells, all measures; None where that cannot be.

    Longer spans come along where the shortest have their keys already: more keys of hours could be as many as rows.
    """
    finest = min(summaries, key=lambda each: each.span)
    known = {key for each in summaries if each.span == finest.span for key in each.keys}
    if any(each.span % finest.span or not known.issuperset(each.keys) for each in summaries):
        return None
    first, *others = (each if each.span == finest.span else each.cut_like(finest) for each in summaries)
    like = [msgspec.structs.replace(each, keys=(), measures=()) for each in (first, *others)]
    if any(each != like[0] for each in like[1:]) or (others and any(each.is_whole for each in summaries)):
        return None
    keys = dict.fromkeys(key for each in summaries for key in each.keys)
    measures = dict.fromkeys(measure for each in summaries for measure in each.measures)
    return msgspec.structs.replace(first, keys=tuple(keys), measures=tuple(measures))


def subtractable(summary: Summary, types: Mapping[str, str]) -> Summary | None:
    """The summary such that rows can be taken away again; None where that cannot be.

    ``types`` are those of the table's columns. NaN swallows every sum, so it is counted apart; and of numbers of any
    scale the largest scale seen would stay in the sum's.
    """
    measures: list[Measure] = []
    for each in summary.measures:
        if each.kind not in {"count", "sum"}:
            return None
        if each.kind == "count" or without_modifier(types[each.argument]) != "numeric":
            measures.append(each)
            continue
        if types[each.argument] == "numeric":
            return None
        column = quote.identifier(each.argument)
        numbers = f"pg_catalog.sum(nullif({column}, 'NaN')){each.filter}"
        others = f"pg_catalog.count(nullif({column} = 'NaN', false)){each.filter}"
        measures.append(msgspec.structs.replace(each, sql=numbers))
        measures.append(Measure(nan_of(each.name), "count", others, "bigint"))
    return msgspec.structs.replace(summary, measures=tuple(measures))


def nan_of(name: str) -> str:
    """The column that counts the NaN of a sum."""
    return f"nan_{name}"
