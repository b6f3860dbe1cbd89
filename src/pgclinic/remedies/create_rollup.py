"""Keep sums that are exact at every moment: triggers append what changes, readers add it, a folder compacts it.

A statement that changes the table appends the difference that it makes, in its own transaction and once for all of
its rows (transition tables; PostgreSQL documentation, "Trigger Behavior"). Nobody updates a sum in place: writers wait
for each other no more than before and cannot deadlock on sums. A reader's snapshot shows a difference exactly when it
shows the rows that it is of. The folder moves differences into the cells in one statement, so that every snapshot has
them here or there. The backfill counts the table and takes the differences away that its own snapshot shows, again in
one statement: they are of rows that were counted.
"""

from collections.abc import Iterator

from pgclinic.model.prescription import Prescription, Statement
from pgclinic.remedies.kept_sums import KeptSums, advisory_lock, columns_of, emptied, search_path, sums_kept
from pgclinic.sql import quote
from pgclinic.sql.summaries import Summary, definition_of, of_rows


class Rollup(KeptSums, frozen=True, kw_only=True):
    """``changes`` is a table like ``cells``, ``reader`` a view of both, ``fold`` a function; readers read the view."""

    changes: str
    reader: str
    fold: str


def prescribe(rollup: Rollup, *, size_bytes: int) -> Prescription:
    """The cure that makes, fills and keeps the sums; gains, mappings and the reason's facts are its adviser's."""
    return sums_kept(
        rollup,
        kind="create_rollup",
        reason="Sums of {table} are asked for {asks} times a day, and {changes} rows change between two of them: "
        "kept by triggers they are exact, and cost {share} of what they cost now, as planned.",
        made=_made(rollup),
        backfill=_backfill(rollup),
        unmade=_unmade(rollup),
        size_bytes=size_bytes,
    )


def call(rollup: Rollup) -> str:
    """The statement that a timer runs."""
    return f"select {rollup.quoted(rollup.fold)}()"


def _cells(rollup: Rollup) -> str:
    return rollup.quoted(rollup.cells)


def _changes(rollup: Rollup) -> str:
    return rollup.quoted(rollup.changes)


def _made(rollup: Rollup) -> Iterator[Statement]:
    summary, cells, changes = rollup.summary, _cells(rollup), _changes(rollup)
    empty = _without_order(definition_of(summary))
    yield Statement(sql=f"create table {cells} as {empty} with no data")
    yield Statement(sql=f"create table {changes} as {empty} with no data")
    # It is filled and emptied all the time: dead rows are what it mostly consists of.
    yield Statement(
        sql=f"alter table {changes} set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)"
    )
    if summary.columns:
        columns = ", ".join(map(quote.identifier, summary.columns))
        yield Statement(sql=f"create index on {cells} ({columns})")
    names, reader = columns_of(summary), rollup.quoted(rollup.reader)
    yield Statement(sql=f"create view {reader} as select {names} from {cells} union all select {names} from {changes}")
    everybody = ", ".join(("public", *map(quote.identifier, rollup.strangers)))
    yield Statement(sql=f"revoke all on {cells}, {changes}, {reader} from {everybody}")
    yield from (
        Statement(sql=f"grant select on {reader} to {quote.identifier(role)}") for role in sorted(rollup.readers)
    )
    yield Statement(sql=_create_note(rollup))
    yield Statement(sql=_create_fold(rollup))
    yield Statement(sql=f"revoke all on function {rollup.quoted(rollup.fold)}() from public")


def _without_order(definition: str) -> str:
    return definition.rpartition(" order by ")[0] or definition


def _backfill(rollup: Rollup) -> Statement:
    """In a transaction of its own, after the triggers are there for everybody; run again it finds the cells filled."""
    summary, cells, changes = rollup.summary, _cells(rollup), _changes(rollup)
    empty = f"not exists (select from {cells})"
    counted = of_rows(summary, f"{quote.relation(summary.table)} where {empty}")
    names = columns_of(summary)
    return Statement(
        sql=f"with known as (delete from {changes} where {empty}) insert into {cells} ({names}) {counted}",
        repeats=True,
    )


def _unmade(rollup: Rollup) -> Iterator[Statement]:
    yield Statement(sql=f"drop function {rollup.quoted(rollup.fold)}()")
    yield Statement(sql=f"drop function {rollup.quoted(rollup.note)}()")
    yield Statement(sql=f"drop view {rollup.quoted(rollup.reader)}")
    yield Statement(sql=f"drop table {_changes(rollup)}")
    yield Statement(sql=f"drop table {_cells(rollup)}")


def _grouped(summary: Summary, rows: str) -> str:
    """Cells of one key as one; those in which nothing is left are left out."""
    columns = ", ".join(map(quote.identifier, summary.columns))
    sums = [f"pg_catalog.sum({quote.identifier(each.name)})" for each in summary.measures]
    some = " or ".join(f"coalesce({each}, 0) <> 0" for each in sums)
    grouped = f" group by {columns}" if columns else ""
    return f"select {', '.join([columns] * bool(columns) + sums)} from ({rows}) as cells{grouped} having {some}"


def _create_note(rollup: Rollup) -> str:
    summary, cells, changes, names = rollup.summary, _cells(rollup), _changes(rollup), columns_of(rollup.summary)
    added, taken = of_rows(summary, "new_rows"), of_rows(summary, "old_rows", sign="-")
    return f"""create function {rollup.quoted(rollup.note)}() returns trigger
language plpgsql security definer set search_path = {search_path(rollup.summary)} as $function$
begin
    case tg_op
    when 'INSERT' then
        insert into {changes} ({names}) {added};
    when 'DELETE' then
        insert into {changes} ({names}) {taken};
    when 'UPDATE' then
        insert into {changes} ({names})
        {_grouped(summary, f"{added} union all {taken}")};
    when 'TRUNCATE' then
        {emptied(advisory_lock(rollup.schema, rollup.cells), [changes, cells])}
    end case;
    return null;
end
$function$"""


def _taken_out(summary: Summary, cells: str) -> dict[str, str]:
    """What takes cells out, by its name: those whose columns have all a value, which an index finds, and the others."""
    taken = [quote.identifier(column) for column in summary.columns]
    if not taken:
        return {"before": f"delete from {cells} where exists (select from taken) returning {columns_of(summary)}"}
    delete = (
        f"delete from {cells} as cells using (select distinct {', '.join(taken)} from taken) as touched where"
        f" {{}} returning {columns_of(summary, 'cells.')}"
    )
    equal = " and ".join(f"cells.{each} = touched.{each}" for each in taken)
    alike = " and ".join(
        f"(cells.{each} = touched.{each} or cells.{each} is null and touched.{each} is null)" for each in taken
    )
    some = " or ".join(f"touched.{each} is null" for each in taken)
    return {"before": delete.format(equal), "unknown": delete.format(f"({some}) and {alike}")}


def _create_fold(rollup: Rollup) -> str:
    """Cells that changed are made anew from what they were and their differences; no other cell is touched."""
    summary, cells, changes, names = rollup.summary, _cells(rollup), _changes(rollup), columns_of(rollup.summary)
    before = ",\n    ".join(f"{name} as (\n        {sql}\n    )" for name, sql in _taken_out(summary, cells).items())
    both = " union all ".join(f"select {names} from {each}" for each in ("taken", *_taken_out(summary, cells)))
    return f"""create function {rollup.quoted(rollup.fold)}() returns bigint
language plpgsql security definer set search_path = {search_path(rollup.summary)} as $function$
declare
    moved bigint;
begin
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock({advisory_lock(rollup.schema, rollup.cells)}) then
        return 0;
    end if;
    with taken as (
        delete from {changes} returning {names}
    ), {before}, written as (
        insert into {cells} ({names})
        {_grouped(summary, both)}
    )
    select pg_catalog.count(*) into moved from taken;
    return moved;
end
$function$"""
