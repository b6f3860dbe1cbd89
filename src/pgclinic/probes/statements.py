"""Which statements has this database run, how often, and for how long; and how much of that is out of sight?

The server reads all texts from its disk to answer, so they are asked for once: what is brought home, and the sums
over what is not, come from the same reading.
"""

import math
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from pgclinic.model.counters import StatementCounters, StatementCoverage
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import BlindSpot
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.cures import extension as made
from pgclinic.probes.cures import monitor, place_of_settings
from pgclinic.probes.query import Query
from pgclinic.probes.scope import MARKER, moment
from pgclinic.sql import quote
from pgclinic.sql.confidential import publishable
from pgclinic.sql.statements import is_readable

RECORD = StatementCounters
EXTENSION = "pg_stat_statements"
MOST_BY_TIME = 4000
MOST_BY_CALLS = 1000
"""Statements that a visit brings home: those that took longest, and of the others those that were called most."""

WORTH_SAYING = 0.01
"""Of the time. Less that cannot be judged changes nothing."""

_BLOCKS = "shared_blks_hit shared_blks_read shared_blks_dirtied shared_blks_written temp_blks_read temp_blks_written"
_RENAMED = {
    "total_ms": ("total_exec_time", "total_time"),
    "mean_ms": ("mean_exec_time", "mean_time"),
    "min_ms": ("min_exec_time", "min_time"),
    "max_ms": ("max_exec_time", "max_time"),
    "stddev_ms": ("stddev_exec_time", "stddev_time"),
    "plan_ms": ("total_plan_time",),
    "blk_read_ms": ("shared_blk_read_time", "blk_read_time"),
    "blk_write_ms": ("shared_blk_write_time", "blk_write_time"),
    "generic_plan_calls": ("generic_plan_calls",),
    "custom_plan_calls": ("custom_plan_calls",),
    "is_toplevel": ("toplevel",),
}
_JIT = ("jit_generation_time", "jit_inlining_time", "jit_optimization_time", "jit_emission_time")


class Row(msgspec.Struct, frozen=True):
    """A statement; or, on the last row, how much of the whole the statements are."""

    statement: StatementCounters | None = None
    coverage: StatementCoverage | None = None


ROW = Row


def query(capabilities: Capabilities) -> Query | BlindSpot:
    """One row a statement and role, and one about them all; our own are left out.

    The version of the extension decides what its columns are called, not that of the server.
    """
    extension = capabilities.extensions.get(EXTENSION)
    if not capabilities.counts_statements:
        return BlindSpot(
            subject="statements",
            reason="The server does not load pg_stat_statements: add it to shared_preload_libraries {place} and "
            "restart first.",
            grant="" if extension else made(capabilities, EXTENSION),
            facts=(Fact("place", place_of_settings(capabilities), Unit.PHRASE),),
        )
    if extension is None:
        return BlindSpot(
            subject="statements",
            reason="The extension pg_stat_statements is not installed in this database.",
            grant=made(capabilities, EXTENSION),
        )
    schema = quote.identifier(extension.schema)
    return Query(
        f"""
        with counted as materialized (
            select {_columns(capabilities)}
            from {schema}.pg_stat_statements s
            left join pg_catalog.pg_roles r on r.oid = s.userid
            where s.dbid = (select d.oid from pg_catalog.pg_database d
                            where d.datname = pg_catalog.current_database())
              and not pg_catalog.starts_with(coalesce(s.query, ''), $1)
              and pg_catalog.right(coalesce(s.query, ''), pg_catalog.length($1)) <> $1),
        ranked as (
            select c.*, pg_catalog.row_number() over (
                       order by c.total_ms desc, c.queryid, c.role, c.is_toplevel, c.text) as by_time
            from counted c
            where c.queryid is not null),
        rest as (
            select c.*, pg_catalog.row_number() over (order by c.calls desc, c.by_time) as by_calls
            from ranked c
            where c.by_time > {MOST_BY_TIME}),
        chosen as (
            select c.by_time, pg_catalog.row_to_json(c) as statement
            from ranked c
            where c.by_time <= {MOST_BY_TIME}
            union all
            select c.by_time, pg_catalog.row_to_json(c)
            from rest c
            where c.by_calls <= {MOST_BY_CALLS})
        select c.by_time, c.statement, null::json as coverage
        from chosen c
        union all
        select null, null, (select pg_catalog.row_to_json(whole) from ({_coverage(capabilities, schema)}) whole)
        order by by_time nulls last
        """,
        (MARKER,),
    )


def _columns(capabilities: Capabilities) -> str:
    renamed = [f"s.{name} as {field}" for field, name in _found(capabilities)]
    jit = [f"s.{name}" for name in _JIT if capabilities.has(EXTENSION, name)]
    since = [f"{moment('s.stats_since')} as since"] if capabilities.has(EXTENSION, "stats_since") else []
    has_wal = capabilities.has(EXTENSION, "wal_bytes")
    wal = ["s.wal_bytes::bigint as wal_bytes", "s.wal_records"] if has_wal else []
    return ", ".join(
        [
            "s.queryid::text as queryid",
            "coalesce(r.rolname::text, '') as role",
            "coalesce(s.query, '') as text",
            "s.calls",
            "s.rows",
            *(f"s.{name}" for name in _BLOCKS.split()),
            *renamed,
            *wal,
            *since,
            *([f"{' + '.join(jit)} as jit_ms"] if jit else []),
            *([] if any(field == "is_toplevel" for field, _ in _found(capabilities)) else ["true as is_toplevel"]),
        ]
    )


def _found(capabilities: Capabilities) -> list[tuple[str, str]]:
    found = ((field, capabilities.column(EXTENSION, *names, default="")) for field, names in _RENAMED.items())
    return [(field, name) for field, name in found if name]


def _coverage(capabilities: Capabilities, schema: str) -> str:
    """The whole of what was counted, with what of it the visitor may not see and what is not brought home."""
    evictions, since = "null::int8", "null"
    if capabilities.has("pg_stat_statements_info", "dealloc"):
        evictions = f"(select i.dealloc from {schema}.pg_stat_statements_info i)"
        since = f"(select {moment('i.stats_reset')} from {schema}.pg_stat_statements_info i)"
    active = capabilities.column("pg_stat_database", "active_time")
    return f"""
            select pg_catalog.count(*) as entries, coalesce(pg_catalog.sum(c.total_ms), 0) as total_ms,
                   pg_catalog.count(*) filter (where c.queryid is null) as hidden_entries,
                   coalesce(pg_catalog.sum(c.total_ms) filter (where c.queryid is null), 0) as hidden_ms,
                   (select pg_catalog.count(*) from rest where by_calls > {MOST_BY_CALLS}) as unlisted_entries,
                   (select coalesce(pg_catalog.sum(total_ms), 0) from rest where by_calls > {MOST_BY_CALLS})
                       as unlisted_ms,
                   {evictions} as evictions,
                   {evictions} * greatest(10, pg_catalog.current_setting('pg_stat_statements.max', true)::int8 / 20)
                       as evicted_entries,
                   {since} as since, {moment("pg_catalog.now()")} as seen_at,
                   (select {active} from pg_catalog.pg_stat_database
                    where datname = pg_catalog.current_database()) as active_ms,
                   (select {moment("stats_reset")} from pg_catalog.pg_stat_database
                    where datname = pg_catalog.current_database()) as active_since
            from counted c"""


def examined(
    rows: Iterable[Row], capabilities: Capabilities
) -> Iterator[StatementCounters | StatementCoverage | BlindSpot]:
    """What may be kept of the statements, and how much of the whole that is."""
    withheld: list[StatementCounters] = []
    unreadable: list[StatementCounters] = []
    whole = StatementCoverage()
    for row in rows:
        whole = row.coverage or whole
        if row.statement is None:
            continue
        text = publishable(row.statement.text)
        if not is_readable(row.statement.text):
            unreadable.append(row.statement)
        elif text is None:
            withheld.append(row.statement)
        if text is not None:
            yield row.statement if text == row.statement.text else replace(row.statement, text=text)
    coverage = replace(
        whole,
        withheld_entries=len(withheld),
        withheld_ms=math.fsum(each.total_ms for each in withheld),
        unreadable_entries=len(unreadable),
        unreadable_ms=math.fsum(each.total_ms for each in unreadable),
    )
    yield coverage
    yield from _blind_spots(coverage, capabilities)


def _blind_spots(coverage: StatementCoverage, capabilities: Capabilities) -> Iterator[BlindSpot]:
    def share(part: float) -> Fact:
        return Fact("share", part / coverage.total_ms if coverage.total_ms else 0.0, Unit.RATIO)

    if coverage.hidden_entries:
        yield BlindSpot(
            subject="statements",
            reason="pg_stat_statements hides {statements} statements of other roles, {share} of the time that it "
            "counted.",
            object=f"{coverage.hidden_entries} statements of other roles",
            grant=monitor(capabilities),
            facts=(Fact("statements", coverage.hidden_entries), share(coverage.hidden_ms)),
        )
    if coverage.evictions:
        yield BlindSpot(
            subject="statements",
            reason="pg_stat_statements ran out of room {times} times and threw away the entries that were used least, "
            "{entries} or more; raise pg_stat_statements.max {place} and restart.",
            object="evicted statements",
            facts=(
                Fact("times", coverage.evictions),
                Fact("entries", coverage.evicted_entries or 0),
                Fact("place", place_of_settings(capabilities), Unit.PHRASE),
            ),
        )
    if coverage.unlisted_ms > WORTH_SAYING * coverage.total_ms:
        yield BlindSpot(
            subject="statements",
            reason="A visit brings {brought} statements; the other {statements} took {share} of the time.",
            object=f"{coverage.unlisted_entries} light statements",
            facts=(
                Fact("brought", MOST_BY_TIME + MOST_BY_CALLS),
                Fact("statements", coverage.unlisted_entries),
                share(coverage.unlisted_ms),
            ),
        )
    if coverage.unreadable_ms > WORTH_SAYING * coverage.total_ms:
        yield BlindSpot(
            subject="statements",
            reason="The texts of {statements} statements were lost, cut, or are none that can be read; they took "
            "{share} of the time.",
            object=f"{coverage.unreadable_entries} unreadable statements",
            facts=(Fact("statements", coverage.unreadable_entries), share(coverage.unreadable_ms)),
        )
