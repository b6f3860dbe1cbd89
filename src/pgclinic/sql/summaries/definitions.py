"""The queries that make the cells of a summary: from its table, from rows of it, for some days."""

from collections.abc import Iterator

from pgclinic.sql import quote
from pgclinic.sql.grouping import columns_of
from pgclinic.sql.summaries.summary import Summary
from pgclinic.sql.tree import expression_of


def definition_of(summary: Summary) -> str:
    """The query that makes the summary from its table, in the order of its cells."""
    places = _places(summary)
    return of_table(summary, []) + (f" order by {places}" if places else "")


def counted(summary: Summary, *conditions: str) -> str:
    """The cells of the table, of rows with a day where it has days; none of no rows."""
    some = [f"{quote.identifier(summary.time)} is not null"] if summary.bucket else []
    return f"{of_table(summary, [*some, *conditions])} having pg_catalog.count(*) > 0"


def columns_read(summary: Summary) -> tuple[str, ...]:
    """The columns of the table that what is kept depends on."""
    texts = [*(each.sql for each in summary.measures), *([summary.condition] if summary.condition else [])]
    read = dict.fromkeys(column for text in texts for column in sorted(columns_of(expression_of(text))))
    return tuple(dict.fromkeys((summary.time, *summary.keys, *read))) if summary.time else (*summary.keys, *read)


def of_rows(summary: Summary, rows: str, *, sign: str = "") -> str:
    """The cells of ``rows``, SQL for FROM with the table's columns; with ``-`` for ``sign`` as they are taken away."""
    measured = (f"{sign}{each.sql} as {quote.identifier(each.name)}" for each in summary.measures)
    places = _places(summary)
    grouped = f" group by {places}" if places else ""
    return f"select {', '.join((*_cells(summary), *measured))} from {rows}{grouped} having pg_catalog.count(*) > 0"


def of_days(summary: Summary, days: str) -> str:
    """The cells of these days, SQL for FROM with the bucket's column, made of the table through an index on its day."""
    targets = ", ".join(
        (f"noted.{quote.identifier(summary.bucket)}", *map(quote.identifier, summary.keys), *_measured(summary))
    )
    own = [f"{summary.day} = noted.{quote.identifier(summary.bucket)}", *filter(None, [summary.condition])]
    return (
        f"select {targets} from {days} as noted, {quote.relation(summary.table)}{where(own)}"
        f" group by {_places(summary)}"
    )


def of_table(summary: Summary, conditions: list[str]) -> str:
    """The cells of the table's rows that meet the conditions."""
    targets = ", ".join((*_cells(summary), *_measured(summary)))
    places = _places(summary)
    own = [summary.condition] if summary.condition else []
    grouped = f" group by {places}" if places else ""
    return f"select {targets} from {quote.relation(summary.table)}{where([*conditions, *own])}{grouped}"


def _cells(summary: Summary) -> Iterator[str]:
    if summary.bucket:
        yield f"{summary.day} as {quote.identifier(summary.bucket)}"
    yield from map(quote.identifier, summary.keys)


def _measured(summary: Summary) -> Iterator[str]:
    for measure in summary.measures:
        yield f"{measure.sql} as {quote.identifier(measure.name)}"


def _places(summary: Summary) -> str:
    """What the cells are grouped and ordered by, as places of a select list."""
    return ", ".join(str(place) for place in range(1, len(summary.columns) + 1))


def where(conditions: list[str]) -> str:
    """A WHERE clause, empty without conditions."""
    return f" where {' and '.join(conditions)}" if conditions else ""
