"""Make a materialized view that can be refreshed while it is read, and the function that refreshes it when it is due.

``refresh materialized view concurrently`` compares old rows with new ones and locks out no reader; it needs a unique
index on plain columns (PostgreSQL documentation, REFRESH MATERIALIZED VIEW). The function may be called as often as
one likes, by anybody's timer: one call at a time gets through, and it refreshes only when the interval is over and
the table's counters of changes moved since.
"""

from collections.abc import Sequence

import msgspec

from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import Hazard, Prescription, Risk, Statement, When
from pgclinic.sql import quote


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A materialized view to make: its names, its query, the columns by which its rows are told apart, its readers.

    ``due_seconds`` is the interval after which it is refreshed. ``state`` is the table that remembers the last refresh,
    ``function`` what refreshes; both are in the view's schema. ``readers`` are roles that may read it, ``strangers``
    those that may have got rights by default.
    """

    name: RelationName
    query: str
    table: RelationName
    unique: tuple[str, ...]
    index: str
    state: str
    function: str
    due_seconds: int
    readers: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


def prescribe(view: View, *, size_bytes: int) -> Prescription:
    """The cure that makes and fills the view; gains, mappings and the facts of its reason are the adviser's to add."""
    name, table = quote.relation(view.name), str(view.table)
    return Prescription(
        kind="create_materialized_view",
        object=ObjectName("materialized view", view.name.name, schema=view.name.schema),
        table=ObjectName("table", view.table.name, schema=view.table.schema),
        reason="Sums of {table} are asked for {asks} times a day, and {changes} rows change between two of them: kept, "
        "they cost {share} of what they cost now, as planned.",
        do=(
            Statement(
                sql=f"create materialized view {name} as {view.query} with data",
                lock="ACCESS SHARE",
                blocks="schema changes on {table} while it is read once; reads and writes go on",
                table=table,
            ),
            *_unique_index(view),
            Statement(sql=f"analyze {name}"),
            Statement(sql=f"revoke all on {name} from {_everybody(view)}"),
            *(Statement(sql=f"grant select on {name} to {quote.identifier(role)}") for role in view.readers),
            Statement(sql=_create_state(view)),
            Statement(sql=f"revoke all on {_state(view)} from {_everybody(view)}"),
            Statement(sql=_remember_state(view)),
            Statement(sql=_create_function(view)),
        ),
        undo=(
            Statement(sql=f"drop function {_function(view)}(interval)"),
            Statement(sql=f"drop table {_state(view)}"),
            Statement(sql=f"drop materialized view {name}"),
        ),
        verify=(
            "select exists (select from pg_catalog.pg_class as c"
            " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
            f" where n.nspname = {quote.literal(view.name.schema)} and c.relname = {quote.literal(view.name.name)}"
            " and c.relkind = 'm' and c.relispopulated)"
        ),
        hazards=(
            Hazard.TAKES_DISK,
            Hazard.READS_WHOLE_TABLE,
            Hazard.CHANGES_ROWS_SEEN,
            Hazard.CHANGES_APPLICATION,
        ),
        size_bytes=size_bytes,
        when=When.THIS_WEEK,
        risk=Risk.MEDIUM,
    )


def refresh_statement(view: View) -> str:
    """What brings the view up to date."""
    how = "concurrently " if view.unique else ""
    return f"refresh materialized view {how}{quote.relation(view.name)}"


def call(view: View) -> str:
    """The statement that a timer runs."""
    return f"select {_function(view)}()"


def _unique_index(view: View) -> Sequence[Statement]:
    if not view.unique:
        return ()
    columns = ", ".join(map(quote.identifier, view.unique))
    name = quote.identifier(view.index)
    return (Statement(sql=f"create unique index {name} on {quote.relation(view.name)} ({columns})"),)


def _everybody(view: View) -> str:
    return ", ".join(("public", *map(quote.identifier, view.strangers)))


def _function(view: View) -> str:
    return quote.relation(RelationName(view.name.schema, view.function))


def _state(view: View) -> str:
    return quote.relation(RelationName(view.name.schema, view.state))


def _create_state(view: View) -> str:
    return f"create table {_state(view)} (refreshed_at timestamptz not null, changes bigint not null)"


def _remember_state(view: View) -> str:
    return f"insert into {_state(view)} (refreshed_at, changes) select pg_catalog.now(), ({_changes(view)})"


def _changes(view: View) -> str:
    """How many rows of the table, its partitions included, were changed since its counters began."""
    table = f"{quote.literal(quote.relation(view.table))}::pg_catalog.regclass"
    return (
        "select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(part.oid)"
        " + pg_catalog.pg_stat_get_tuples_updated(part.oid)"
        " + pg_catalog.pg_stat_get_tuples_deleted(part.oid)), 0)::bigint from ("
        f"select {table} as oid union select relid from pg_catalog.pg_partition_tree({table})) as part"
    )


def _create_function(view: View) -> str:
    key = quote.literal(f"pgclinic {view.name.schema}.{view.name.name}")
    return f"""create function {_function(view)}(due interval default '{view.due_seconds} seconds') returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    changed bigint;
begin
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended({key}, 0)) then
        return false;
    end if;
    -- Counted before the refresh: what is committed meanwhile makes the next one due.
    changed := ({_changes(view)});
    if not exists (
        select from {_state(view)} as last
        where last.refreshed_at + due <= pg_catalog.now() and last.changes <> changed
    ) then
        return false;
    end if;
    {refresh_statement(view)};
    update {_state(view)} set refreshed_at = pg_catalog.now(), changes = changed;
    return true;
end
$function$"""
