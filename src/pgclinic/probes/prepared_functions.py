"""What ``pgclinic prepare`` installs in a database: functions that show what a monitoring role's own rights hide.

They run as their owner (SECURITY DEFINER), so they show what that role may read, and nothing else of it: what ANALYZE
learnt, and where sequences stand. No row of a table can be read through them. A fixed ``search_path`` keeps others
from putting objects of their own in the way, and only the monitoring role may execute them.
"""

from pgclinic.probes.capabilities import Capabilities

SCHEMA = "pgclinic"
SEES = "sees"
STATISTICS = "column_statistics"
STATISTICS_WITH_VALUES = "column_statistics_with_values"
SEQUENCES = "sequence_values"
MARK = "Made by pgclinic prepare; pgclinic prepare --remove takes it away."
"""Comment of everything that prepare makes, by which it is known again."""
MARK_OF_REFRESH = "Made by pgclinic watch --refresh; drop it where nothing is to be refreshed any more."
"""Comment of what keeps views fresh and partitions ahead, which shares the schema."""

SIGNATURES = {SEES: "oid", STATISTICS: "", STATISTICS_WITH_VALUES: "", SEQUENCES: "oid[]"}
"""Every helper with the types of its arguments."""

FIGURES = {
    "null_frac": "real",
    "avg_width": "integer",
    "n_distinct": "real",
    "correlation": "real",
    "most_common_freqs": "real[]",
    "most_common_elem_freqs": "real[]",
    "elem_count_histogram": "real[]",
    "range_empty_frac": "real",
}
VALUES = (
    "most_common_vals",
    "histogram_bounds",
    "most_common_elems",
    "range_length_histogram",
    "range_bounds_histogram",
)
_LINES = ",\n  "
_ATTRIBUTES = "stable security definer set search_path = pg_catalog, pg_temp"


def definitions(capabilities: Capabilities, *, values: bool) -> tuple[str, ...]:
    """The CREATE FUNCTION statements for this server, in the order in which they can be run."""
    helpers = [_sees(), _statistics(capabilities, STATISTICS, values=False)]
    if values:
        helpers.append(_statistics(capabilities, STATISTICS_WITH_VALUES, values=True))
    return (*helpers, _sequences())


def names(*, values: bool) -> tuple[str, ...]:
    """The helpers that ``definitions`` make."""
    return tuple(name for name in SIGNATURES if values or name != STATISTICS_WITH_VALUES)


def _sees() -> str:
    return f"""create function {SCHEMA}.{SEES}(relation oid) returns boolean
language sql {_ATTRIBUTES}
as $$
select has_table_privilege(relation, 'select') and not row_security_active(relation)
$$"""


def _statistics(capabilities: Capabilities, name: str, *, values: bool) -> str:
    figures = {each: kind for each, kind in FIGURES.items() if capabilities.has("pg_stats", each)}
    texts = [each for each in VALUES if capabilities.has("pg_stats", each)]
    returned = [
        "relation oid",
        '"column" name',
        "number smallint",
        "inherited boolean",
        *(f"{each} {kind}" for each, kind in figures.items()),
        *(f"{each} text" for each in texts),
    ]
    selected = [
        "c.oid",
        "s.attname",
        "a.attnum",
        "s.inherited",
        *(f"s.{each}" for each in figures),
        *(f"s.{each}::text" if values else "null::text" for each in texts),
    ]
    return f"""create function {SCHEMA}.{name}()
returns table (
  {", ".join(returned[:4])},
  {_LINES.join(returned[4:])}
)
language sql {_ATTRIBUTES}
as $$
select {", ".join(selected[:4])},
  {_LINES.join(selected[4:])}
from pg_stats s
join pg_namespace n on n.nspname = s.schemaname
join pg_class c on c.relnamespace = n.oid and c.relname = s.tablename
join pg_attribute a on a.attrelid = c.oid and a.attname = s.attname
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by c.oid, a.attnum, s.inherited
$$"""


def _sequences() -> str:
    return f"""create function {SCHEMA}.{SEQUENCES}(except_for oid[])
returns table (relation oid, last_value bigint)
language sql {_ATTRIBUTES}
as $$
select c.oid, case when c.relpersistence = 'p' or not pg_is_in_recovery() then pg_sequence_last_value(c.oid) end
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.oid <> all (except_for)
  and case when c.relkind = 'S' then has_sequence_privilege(c.oid, 'select, usage') else false end
order by c.oid
$$"""
