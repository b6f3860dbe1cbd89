"""A summary as a relation of the snapshot: its columns, rows and statistics, derived from those of its table."""

from collections.abc import Collection

import msgspec

from pgclinic.model.catalog import Column, Index, IndexDefinition, IndexKey, Relation
from pgclinic.model.clock import seconds_between
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.remedies.create_index import LONGEST_NAME
from pgclinic.sizes import NOTHING, index_pages, live_rows
from pgclinic.sizes.distinct import distinct_keys
from pgclinic.sizes.keys import Key, key_columns
from pgclinic.sql import quote
from pgclinic.sql.arrays import parse_array, write_array
from pgclinic.sql.spans import DAY
from pgclinic.sql.summaries import Summary

_PAGE = 8192
_HEADER = 28
"""Bytes of a heap tuple beside its columns: header with its alignment, and line pointer."""
_NUMBER_WIDTH = 8
_DAYS_UNKNOWN = 365
_MOST_DAYS = 10_000
"""As many bounds as a histogram has at most."""


class KeptRelation(msgspec.Struct, frozen=True, kw_only=True):
    """The summary under a name, with how many rows and pages it would have (estimated) and its unique index."""

    summary: Summary
    name: RelationName
    rows: float
    pages: int
    index: IndexDefinition
    index_name: str
    index_pages: int

    @property
    def size_bytes(self) -> int:
        """Of the relation and its index."""
        return (self.pages + self.index_pages) * _PAGE


def free_name(stem: str, taken: Collection[str], ending: str = "") -> str:
    """A name that is not taken, numbered when need be, of at most 63 bytes."""
    number = 1
    while True:
        tail = f"{'' if number == 1 else f'_{number}'}{ending}"
        name = stem.encode()[: LONGEST_NAME - len(tail.encode())].decode(errors="ignore") + tail
        if name not in taken:
            return name
        number += 1


def names_of(snapshot: Snapshot, schema: str) -> set[str]:
    """What relations and indexes of a schema are called."""
    relations = {relation.name for relation in snapshot.relations if relation.schema == schema}
    return relations | {index.name for index in snapshot.indexes if index.schema == schema}


def with_summary(snapshot: Snapshot, summary: Summary, stem: str) -> tuple[Snapshot, KeptRelation]:
    """The snapshot as it would be with the summary filled and analysed."""
    table = snapshot.relation_by_name[summary.table]
    taken = names_of(snapshot, table.schema)
    name = RelationName(table.schema, free_name(stem, taken))
    oid = _free_oid(snapshot)
    rows = cells_of(snapshot, summary)
    columns = tuple(_columns(snapshot, table, summary, oid))
    statistics = tuple(_statistics(snapshot, table, summary, oid, rows))
    width = _HEADER + sum(each.avg_width for each in statistics)
    pages = max(1, round(rows * width / (_PAGE - 24)))
    relation = Relation(
        oid=oid,
        schema=name.schema,
        name=name.name,
        kind="r",
        owner=table.owner,
        pages=pages,
        tuples=rows,
        all_visible_pages=pages,
        heap_bytes=pages * _PAGE,
        grants=table.grants,
    )
    definition = IndexDefinition(
        relation=name, keys=tuple(IndexKey(column) for column in summary.columns), is_unique=True
    )
    altered = msgspec.structs.replace(
        snapshot,
        relations=(*snapshot.relations, relation),
        columns=(*snapshot.columns, *columns),
        column_statistics=(*snapshot.column_statistics, *statistics),
    )
    if not summary.columns:
        kept = KeptRelation(summary=summary, name=name, rows=1, pages=1, index=definition, index_name="", index_pages=0)
        return altered, kept
    own_pages = index_pages(altered, relation, definition, NOTHING)
    index_name = free_name(name.name, taken | {name.name}, "_key")
    index = Index(
        oid=oid + 1,
        relation=oid,
        schema=name.schema,
        name=index_name,
        definition=definition,
        sql=quote.create_index(definition, index_name),
        pages=own_pages,
        tuples=rows,
        bytes=own_pages * _PAGE,
    )
    kept = KeptRelation(
        summary=summary,
        name=name,
        rows=rows,
        pages=pages,
        index=definition,
        index_name=index_name,
        index_pages=own_pages,
    )
    return msgspec.structs.replace(altered, indexes=(*altered.indexes, index)), kept


def with_changes(snapshot: Snapshot, kept: KeptRelation, rows: float) -> tuple[Snapshot, RelationName, RelationName]:
    """The snapshot with so many unfolded differences beside the cells, and a view of both: it, the table, the view."""
    taken = names_of(snapshot, kept.name.schema)
    changes = RelationName(kept.name.schema, free_name(kept.name.name, taken, "_changes"))
    reader = RelationName(kept.name.schema, free_name(kept.name.name, taken, "_now"))
    cells = snapshot.relation_by_name[kept.name]
    oid = _free_oid(snapshot)
    pages = max(1, round(kept.pages * rows / max(1.0, kept.rows)))
    columns = snapshot.columns_of[cells.oid]
    names = ", ".join(quote.identifier(column.name) for column in columns)
    both = " union all ".join(f"select {names} from {quote.relation(each)}" for each in (kept.name, changes))
    added = msgspec.structs.replace(
        cells, oid=oid, name=changes.name, pages=pages, tuples=rows, heap_bytes=pages * _PAGE, all_visible_pages=0
    )
    view = msgspec.structs.replace(
        cells, oid=oid + 1, name=reader.name, kind="v", definition=both, pages=0, tuples=-1.0, heap_bytes=None
    )
    altered = msgspec.structs.replace(
        snapshot,
        relations=(*snapshot.relations, added, view),
        columns=(
            *snapshot.columns,
            *(msgspec.structs.replace(column, relation=each) for each in (oid, oid + 1) for column in columns),
        ),
    )
    return altered, changes, reader


def with_log(snapshot: Snapshot, kept: KeptRelation, days: float) -> tuple[Snapshot, RelationName]:
    """The snapshot with so many days noted as changed since their sums were made, and the table that holds them."""
    name = RelationName(kept.name.schema, free_name(kept.name.name, names_of(snapshot, kept.name.schema), "_log"))
    cells, oid = snapshot.relation_by_name[kept.name], _free_oid(snapshot)
    log = msgspec.structs.replace(
        cells, oid=oid, name=name.name, pages=1, tuples=days, heap_bytes=_PAGE, all_visible_pages=0
    )
    column = next(each for each in snapshot.columns_of[cells.oid] if each.name == kept.summary.bucket)
    statistics = ColumnStatistics(relation=oid, column=column.name, avg_width=_NUMBER_WIDTH, n_distinct=-1.0)
    altered = msgspec.structs.replace(
        snapshot,
        relations=(*snapshot.relations, log),
        columns=(*snapshot.columns, msgspec.structs.replace(column, relation=oid)),
        column_statistics=(*snapshot.column_statistics, statistics),
    )
    return altered, name


def _free_oid(snapshot: Snapshot) -> int:
    oids = [relation.oid for relation in snapshot.relations] + [index.oid for index in snapshot.indexes]
    return 1 + max(oids, default=0)


def cells_of(snapshot: Snapshot, summary: Summary) -> float:
    """How many rows the summary would have, estimated from the statistics of its table."""
    table = snapshot.relation_by_name[summary.table]
    rows = live_rows(table)
    definition = IndexDefinition(relation=summary.table, keys=tuple(IndexKey(key) for key in summary.keys))
    keys = list(key_columns(snapshot, table, definition, NOTHING))
    if summary.bucket:
        days = _spans(snapshot, table, summary) or _DAYS_UNKNOWN * DAY / summary.span
        daily = ColumnStatistics(relation=table.oid, column=summary.bucket, n_distinct=float(days))
        keys.append(Key(type_name="date", widths=((4, 1.0),), statistics=daily))
    return max(1.0, round(distinct_keys(snapshot, table, keys, rows))) if keys else 1.0


def _spans(snapshot: Snapshot, table: Relation, summary: Summary) -> int:
    """How many spans of time lie between the ends of the column that are known; 0 where none is."""
    known = _known_moments(snapshot, table, summary)
    try:
        seconds = seconds_between(known[0], known[-1]) if known else 0.0
    except ValueError:
        return 0
    return min(_MOST_DAYS * DAY // summary.span, round(seconds / summary.span) + 1) if known else 0


def _moments(snapshot: Snapshot, table: Relation, summary: Summary) -> tuple[str, ...]:
    """A moment of each span, of no more than a histogram has bounds, as text."""
    known = _known_moments(snapshot, table, summary)
    number = min(_MOST_DAYS, _spans(snapshot, table, summary))
    share = max(1, len(known) - 1)
    return tuple(known[min(len(known) - 1, round(each * share / max(1, number - 1)))] for each in range(number))


def _known_moments(snapshot: Snapshot, table: Relation, summary: Summary) -> tuple[str, ...]:
    statistics = snapshot.statistics_of.get((table.oid, summary.time, table.kind == "p"))
    bounds = _elements(statistics.histogram_bounds if statistics else None)
    ends = [each for each in snapshot.column_ends if (each.relation, each.column) == (table.oid, summary.time)]
    return (*(end.low for end in ends if end.low), *bounds, *(end.high for end in ends if end.high))


def _elements(array: str | None) -> tuple[str, ...]:
    try:
        return tuple(element for element in parse_array(array or "{}") if element)
    except ValueError:
        return ()


def _columns(snapshot: Snapshot, table: Relation, summary: Summary, oid: int) -> list[Column]:
    of_table = {column.name: column for column in snapshot.columns_of.get(table.oid, ())}
    found = [Column(relation=oid, number=1, name=summary.bucket, type=summary.day_type)] if summary.bucket else []
    for key in summary.keys:
        found.append(msgspec.structs.replace(of_table[key], relation=oid, number=len(found) + 1, default=None))
    for measure in summary.measures:
        found.append(Column(relation=oid, number=len(found) + 1, name=measure.name, type=measure.type))
    return found


def _statistics(snapshot: Snapshot, table: Relation, summary: Summary, oid: int, rows: float) -> list[ColumnStatistics]:
    """Each value of a key about as often as any other: it has a cell on nearly every day."""
    found = []
    if summary.bucket:
        bounds = _moments(snapshot, table, summary)
        found.append(
            ColumnStatistics(
                relation=oid,
                column=summary.bucket,
                avg_width=4 if summary.day_type == "date" else _NUMBER_WIDTH,
                n_distinct=float(_spans(snapshot, table, summary) or min(_DAYS_UNKNOWN * DAY / summary.span, rows)),
                correlation=1.0,
                histogram_bounds=write_array(_beginnings(bounds, summary.span)) if len(bounds) > 1 else None,
            )
        )
    for key in summary.keys:
        own = snapshot.statistics_of.get((table.oid, key, table.kind == "p"))
        if own is None:
            continue
        values = _elements(own.most_common_vals)
        share = min(1.0, 1 / max(1.0, own.n_distinct)) if own.n_distinct > 0 else 0.0
        found.append(
            msgspec.structs.replace(
                own,
                relation=oid,
                inherited=False,
                null_frac=min(own.null_frac, share) if share else own.null_frac,
                most_common_vals=own.most_common_vals if share else None,
                most_common_freqs=(share,) * len(values) if share and values else None,
                correlation=0.0,
            )
        )
    found += [
        ColumnStatistics(relation=oid, column=measure.name, avg_width=_NUMBER_WIDTH, n_distinct=-0.2)
        for measure in summary.measures
    ]
    return found


def _beginnings(moments: tuple[str, ...], span: int) -> tuple[str, ...]:
    """Of days or, where they are shorter, of hours."""
    length, rest = (10, " 00:00:00+00") if span == DAY else (13, ":00:00+00")
    return tuple(dict.fromkeys(f"{moment[:length]}{rest}" for moment in moments))
