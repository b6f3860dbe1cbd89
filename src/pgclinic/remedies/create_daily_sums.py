"""Keep sums by day of any kind that are exact at every moment: triggers note which days changed, readers count those.

What cannot be added up (distinct counts, percentiles, smallest and largest values) is kept for days that rest. A
statement that changes rows of a day notes the day, in its own transaction; nobody waits for anybody. A reader takes a
day's cells unless its snapshot shows the day in the log, and makes it of the table, through an index on the
day, if it does. The refresh takes days out of the log and makes their cells anew in one statement, so in one snapshot:
whoever changes them later is not in it and has noted them again.
"""

from collections.abc import Iterator

from pgclinic.model.prescription import Prescription, Statement
from pgclinic.remedies.kept_sums import KeptSums, advisory_lock, columns_of, emptied, search_path, sums_kept
from pgclinic.sql import quote
from pgclinic.sql.summaries import columns_read, counted, of_days


class DailySums(KeptSums, frozen=True, kw_only=True):
    """``log`` is a table, ``refresh`` a function; ``summary`` has days, and readers read both tables."""

    log: str
    refresh: str


def prescribe(sums: DailySums, *, size_bytes: int) -> Prescription:
    """The cure that makes, fills and keeps the sums; gains, mappings and the reason's facts are its adviser's."""
    return sums_kept(
        sums,
        kind="create_daily_sums",
        reason="Sums of {table} by day are asked for {asks} times a day, and {changes} rows change between two of "
        "them: kept for days that rest they are exact, and cost {share} of what they cost now, as planned.",
        made=_made(sums),
        backfill=_backfill(sums),
        unmade=(
            Statement(sql=f"drop function {sums.quoted(sums.refresh)}()"),
            Statement(sql=f"drop function {sums.quoted(sums.note)}()"),
            Statement(sql=f"drop table {sums.quoted(sums.log)}"),
            Statement(sql=f"drop table {sums.quoted(sums.cells)}"),
        ),
        size_bytes=size_bytes,
    )


def call(sums: DailySums) -> str:
    """The statement that a timer runs."""
    return f"select {sums.quoted(sums.refresh)}()"


def _made(sums: DailySums) -> Iterator[Statement]:
    summary, cells, log = sums.summary, sums.quoted(sums.cells), sums.quoted(sums.log)
    columns = ", ".join(map(quote.identifier, summary.columns))
    yield Statement(sql=f"create table {cells} as {counted(summary)} with no data")
    yield Statement(sql=f"create index on {cells} ({columns})")
    yield Statement(
        sql=f"create table {log} ({quote.identifier(summary.bucket)} {summary.day_type} not null)"
        # It is filled and emptied all the time: dead rows are what it mostly consists of.
        " with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)"
    )
    everybody = ", ".join(("public", *map(quote.identifier, sums.strangers)))
    yield Statement(sql=f"revoke all on {cells}, {log} from {everybody}")
    yield from (
        Statement(sql=f"grant select on {cells}, {log} to {quote.identifier(role)}") for role in sorted(sums.readers)
    )
    yield Statement(sql=_create_note(sums))
    yield Statement(sql=_create_refresh(sums))
    yield Statement(sql=f"revoke all on function {sums.quoted(sums.refresh)}() from public")


def _backfill(sums: DailySums) -> Statement:
    """In a transaction of its own, after the triggers are there for everybody; run again it finds the cells filled."""
    cells = sums.quoted(sums.cells)
    empty = f"not exists (select from {cells})"
    return Statement(
        sql=f"with known as (delete from {sums.quoted(sums.log)} where {empty})"
        f" insert into {cells} ({columns_of(sums.summary)}) {counted(sums.summary, empty)}",
        repeats=True,
    )


def _create_note(sums: DailySums) -> str:
    summary, log = sums.summary, sums.quoted(sums.log)
    bucket, time = quote.identifier(summary.bucket), quote.identifier(summary.time)
    values = ", ".join(map(quote.identifier, columns_read(summary)))

    def rows(name: str) -> str:
        return f"select {summary.day} as {bucket}, row({values})::text from {name} where {time} is not null"

    def noted(source: str) -> str:
        return f"insert into {log} ({bucket}) select distinct {bucket} from ({source}) as changed"

    new, old = rows("new_rows"), rows("old_rows")
    return f"""create function {sums.quoted(sums.note)}() returns trigger
language plpgsql security definer set search_path = {search_path(summary)} as $function$
begin
    case tg_op
    when 'INSERT' then
        {noted(new)};
    when 'DELETE' then
        {noted(old)};
    when 'UPDATE' then
        -- What changed nothing that is summed up leaves the day as it is.
        {noted(f"({new} except all {old}) union all ({old} except all {new})")};
    when 'TRUNCATE' then
        {emptied(advisory_lock(sums.schema, sums.cells), [log, sums.quoted(sums.cells)])}
    end case;
    return null;
end
$function$"""


def _create_refresh(sums: DailySums) -> str:
    summary, cells, log = sums.summary, sums.quoted(sums.cells), sums.quoted(sums.log)
    bucket = quote.identifier(summary.bucket)
    return f"""create function {sums.quoted(sums.refresh)}() returns bigint
language plpgsql security definer set search_path = {search_path(summary)} as $function$
declare
    noted bigint;
begin
    -- The table comes first for whoever truncates it, too: waiting for each other crosswise would be a deadlock.
    lock table {quote.relation(summary.table)} in access share mode;
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock({advisory_lock(sums.schema, sums.cells)}) then
        return 0;
    end if;
    with taken as (
        delete from {log} returning {bucket}
    ), days as (
        select distinct {bucket} from taken
    ), before as (
        delete from {cells} as cells using days where cells.{bucket} = days.{bucket}
    ), written as (
        insert into {cells} ({columns_of(summary)}) {of_days(summary, "days")}
    )
    select pg_catalog.count(*) into noted from taken;
    return noted;
end
$function$"""
