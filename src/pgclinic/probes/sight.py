"""What is hidden from this visitor, and which statement would show it?

pg_stats and sequences are silently empty for who may not read the table, so that must be asked for.
"""

from collections.abc import Iterable, Iterator

import msgspec

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import BlindSpot
from pgclinic.model.names import RelationName
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.cures import exempt, monitor
from pgclinic.probes.prepared_functions import SCHEMA, SEES, SEQUENCES, STATISTICS, STATISTICS_WITH_VALUES
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_CLASS, is_platform
from pgclinic.sql import quote

RECORD = BlindSpot

_OWN_SIGHT = "pg_catalog.has_table_privilege(c.oid, 'select') and not pg_catalog.row_security_active(c.oid)"
"""Whether pg_stats shows the table to the visitor without help."""


class Hidden(msgspec.Struct, frozen=True):
    """How many of ``total`` relations are hidden for one reason, the first of them, and all schemas."""

    subject: str
    reason: str
    hidden: int
    total: int
    schemas: tuple[str, ...]
    schema: str
    name: str
    owners: tuple[str, ...] = ()

    def __str__(self) -> str:
        """For people: the first relation and how many more."""
        first = str(RelationName(self.schema, self.name))
        return first if self.hidden == 1 else f"{first} and {self.hidden - 1} more"


ROW = Hidden


def query(capabilities: Capabilities) -> Query:
    """One row a reason; a table may be hidden for two. Column privileges count as none: they show some columns only.

    What the helpers of ``pgclinic prepare`` show is not hidden. Of a platform's own tables nothing is missed.
    """
    helped = "false"
    if STATISTICS in capabilities.helpers or STATISTICS_WITH_VALUES in capabilities.helpers:
        helped = f"{SCHEMA}.{SEES}(c.oid)"
    helped_sequence = "false"
    if SEQUENCES in capabilities.helpers:
        helped_sequence = f"c.oid in (select h.relation from {SCHEMA}.{SEQUENCES}('{{}}') h)"
    values = "false"
    if capabilities.values and helped != "false" and STATISTICS_WITH_VALUES not in capabilities.helpers:
        values = f"{helped} and not ({_OWN_SIGHT})"
    return Query(f"""
        with {USER_CLASS},
        users as (
            select c.*, pg_catalog.pg_get_userbyid(c.relowner) as owner
            from user_class c
            where not {is_platform("c.nspname", capabilities)}),
        sight as (
            select c.oid, c.nspname, c.relname, c.owner, 'column_statistics' as subject,
                   case when not pg_catalog.has_table_privilege(c.oid, 'select') and not {helped} then 'privilege' end
                       as reason,
                   1 as one
            from users c
            where c.relkind in ('r', 'p', 'm', 'f')
            union all
            select c.oid, c.nspname, c.relname, c.owner, 'column_statistics', 'row security', 0
            from users c
            where c.relkind in ('r', 'p', 'm', 'f') and pg_catalog.row_security_active(c.oid) and not {helped}
            union all
            select c.oid, c.nspname, c.relname, c.owner, 'column_statistics', 'values', 0
            from users c
            where c.relkind in ('r', 'p', 'm', 'f') and {values}
            union all
            select c.oid, c.nspname, c.relname, c.owner, 'extended_statistics', 'owner', 0
            from users c
            where c.reltuples > 0 and not pg_catalog.pg_has_role(c.relowner, 'usage')
              and exists (select from pg_catalog.pg_statistic_ext x where x.stxrelid = c.oid)
              and not exists (
                select from pg_catalog.pg_stats_ext x where x.schemaname = c.nspname and x.tablename = c.relname)
            union all
            select c.oid, c.nspname, c.relname, c.owner, 'sequences',
                   case when not pg_catalog.has_sequence_privilege(c.oid, 'select, usage') and not {helped_sequence}
                        then 'privilege' end, 1
            from users c
            where c.relkind = 'S'
            union all
            select null, null, null, null, 'settings', 'settings', 1
            where not (select pg_catalog.pg_has_role(r.oid, 'usage')
                       from pg_catalog.pg_roles r where r.rolname = 'pg_read_all_settings')),
        counted as (
            select s.*, pg_catalog.sum(s.one) over (partition by s.subject) as total from sight s)
        select s.subject, s.reason, pg_catalog.count(*) as hidden, pg_catalog.min(s.total) as total,
               coalesce(pg_catalog.array_agg(distinct s.nspname order by s.nspname)
                        filter (where s.nspname is not null), '{{}}') as schemas,
               coalesce((pg_catalog.array_agg(s.nspname order by s.nspname, s.relname))[1], '') as schema,
               coalesce((pg_catalog.array_agg(s.relname order by s.nspname, s.relname))[1], '') as name,
               coalesce(pg_catalog.array_agg(distinct s.owner::text order by s.owner::text)
                        filter (where s.owner is not null), '{{}}') as owners
        from counted s
        where s.reason is not null
        group by s.subject, s.reason
        order by s.subject, s.reason
    """)


def examined(rows: Iterable[Hidden], capabilities: Capabilities) -> Iterator[BlindSpot]:
    """A blind spot for each reason; without an object where everything is hidden."""
    for row in rows:
        part = "" if row.hidden == row.total else str(row)
        facts = (
            Fact("hidden", row.hidden),
            Fact("total", row.total),
            Fact("which", str(row), Unit.TEXT),
        )
        grant = monitor(capabilities) if row.reason == "settings" else _grant(row, capabilities)
        match row.subject, row.reason:
            case "settings", _:
                yield BlindSpot(
                    subject="settings",
                    reason="The server hides some of its settings from this role.",
                    object="some of its settings",
                    grant=grant,
                )
            case "sequences", _:
                yield BlindSpot(
                    subject=row.subject,
                    reason="The role may not read {hidden} of {total} sequences ({which}).",
                    object=part,
                    grant=grant,
                    facts=facts,
                )
            case _, "owner":
                # So since May 2024 (CVE-2024-4317); and to be made a member of the owner is no small grant.
                yield BlindSpot(
                    subject=row.subject,
                    reason="Only its owner sees what CREATE STATISTICS gathered about a table: hidden of {hidden} "
                    "({which}).",
                    object=str(row),
                    facts=facts,
                )
            case _, "values":
                yield BlindSpot(
                    subject=row.subject,
                    reason="The helper of pgclinic prepare --no-values shows the statistics of {hidden} of {total} "
                    "tables ({which}) without the values in them.",
                    object=str(row),
                    grant=grant,
                    facts=facts,
                )
            case _, "row security":
                yield BlindSpot(
                    subject=row.subject,
                    reason="Row-level security keeps the statistics of {hidden} of {total} tables from this role "
                    "({which}).",
                    object=part,
                    grant=grant,
                    facts=facts,
                )
            case _:
                yield BlindSpot(
                    subject=row.subject,
                    reason="The role may not read {hidden} of {total} tables ({which}), so their statistics are "
                    "hidden.",
                    object=part,
                    grant=grant,
                    facts=facts,
                )


def _grant(row: Hidden, capabilities: Capabilities) -> str:
    if row.reason == "row security":
        return exempt(capabilities, row.owners)
    visitor = quote.identifier(capabilities.visitor)
    kind = "sequence" if row.subject == "sequences" else "table"
    if row.hidden == 1:
        subject = "sequence " if kind == "sequence" else ""
        return f"grant select on {subject}{quote.relation(RelationName(row.schema, row.name))} to {visitor}"
    return f"grant select on all {kind}s in schema {', '.join(map(quote.identifier, row.schemas))} to {visitor}"
