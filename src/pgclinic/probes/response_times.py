"""How long did the calls of each statement take, counted in buckets?

pg_stat_monitor 2 keeps a histogram of each statement's calls for each of its windows of time, which it begins anew one
after another (``pgsm_bucket_time``, ``pgsm_max_buckets``). Version 1 has query ids of its own, and does not say how
long the calls beyond its histogram took: it is left alone.
"""

from collections.abc import Iterable, Iterator

import msgspec

from pgclinic.model.counters import ResponseTimes, TimeBucket
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment
from pgclinic.sql import quote

EXTENSION = "pg_stat_monitor"
RECORD = ResponseTimes
WATCHING = True

_LONGEST_PAUSE = 150
"""Seconds: windows that ended longer ago gained nothing since the look before."""
_OPEN = "..."


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What one client's calls of a statement took: ``counts`` as ``3,0,1``, and ``bounds`` with the first row."""

    queryid: str
    role: str
    window: str
    counts: str
    bounds: str = ""


ROW = Row


def query(capabilities: Capabilities) -> Query | None:
    """One row a statement, role, client and window; nothing where the extension is not at work."""
    if not is_at_work(capabilities):
        return None
    schema = quote.identifier(capabilities.extensions[EXTENSION].schema)
    return Query(f"""
        select s.queryid::text as queryid, coalesce(r.rolname::text, '') as role,
               {moment("s.bucket_start_time")} as window, s.resp_calls as counts,
               case when pg_catalog.row_number() over (order by s.queryid, s.userid, s.bucket_start_time) = 1
                    then {schema}.get_histogram_timings() end as bounds
        from {recent(schema)} s
        left join pg_catalog.pg_roles r on r.oid = s.userid
        order by s.queryid, s.userid, s.bucket_start_time
    """)


def is_at_work(capabilities: Capabilities) -> bool:
    """Whether a pg_stat_monitor that can be read is installed in this database, and its library loaded."""
    return capabilities.counts_times and capabilities.has(EXTENSION, "pgsm_query_id")


def recent(schema: str) -> str:
    """Its rows, without texts, of this database's own statements in the windows that matter."""
    return f"""(
        select m.* from {schema}.pg_stat_monitor_internal(false) m
        where m.dbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
          and m.queryid is not null and m.calls > 0 and m.toplevel
          and m.bucket_start_time > pg_catalog.now() - pg_catalog.make_interval(secs => {_LONGEST_PAUSE} + (
              select g.setting::int from pg_catalog.pg_settings g
              where g.name = 'pg_stat_monitor.pgsm_bucket_time')))"""


def examined(rows: Iterable[Row], capabilities: Capabilities) -> Iterator[ResponseTimes]:  # noqa: ARG001 - a probe's
    """One record a statement, role and window."""
    bounds: list[tuple[float, float | None]] = []
    found: dict[tuple[str, str, str], list[int]] = {}
    for row in rows:
        if row.bounds:
            bounds = bounds_of(row.bounds)
        counts = [int(each) for each in row.counts.split(",")]
        before = found.get((row.queryid, row.role, row.window))
        together = counts if before is None else [a + b for a, b in zip(before, counts, strict=True)]
        found[row.queryid, row.role, row.window] = together
    for (queryid, role, window), counts in found.items():
        times = tuple(TimeBucket(low, high, calls) for (low, high), calls in zip(bounds, counts, strict=False) if calls)
        yield ResponseTimes(queryid=queryid, role=role, window=window, times=times)


def bounds_of(text: str) -> list[tuple[float, float | None]]:
    """Ends in ms of what ``get_histogram_timings`` says: ``{{0.000 - 1.000}, (1.000 - 2.778}, … (99.9 - ...}}``."""
    parts = (part.strip("{}() ") for part in text.split(","))
    ends = [tuple(each.strip() for each in part.split(" - ")) for part in parts]
    return [(float(low), None if high == _OPEN else float(high)) for low, high in ends]
