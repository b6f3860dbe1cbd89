"""What are the smallest and the largest value of each column that leads a B-tree?

Not a probe of the folder's registry, because it takes two questions: which columns, then a look into each table's
indexes. Each look descends to one end of one index, whatever the size of the table.
"""

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import MENTIONED, USER_RELATION, mentioned
from pgclinic.sql import quote

SUBJECT = "column_ends"

_WAS_SCANNED = """not exists (
            select from pg_catalog.pg_index other
            where other.indrelid = i.indrelid and other.indkey[0] = i.indkey[0] and other.indpred is null
              and pg_catalog.pg_stat_get_numscans(other.indexrelid) = 0)"""
"""Of ``pg_index i``: no index that the planner could walk in its place would be scanned for the first time."""


class TableColumns(msgspec.Struct, frozen=True):
    """A table, and which of its columns have ends that an index knows."""

    relation: int
    schema: str
    name: str
    columns: tuple[str, ...]

    @property
    def relation_name(self) -> RelationName:
        """Schema and name together."""
        return RelationName(self.schema, self.name)


def candidates(capabilities: Capabilities) -> Query:
    """One row a table, largest first.

    Where there are many relations, only those that statements name, as for ``column_statistics``.
    Left out are indexes that the planner could not walk in the column's own order (partial, invalid, of another
    collation or operator class), and tables that the visitor may not read, or only through policies. Only a superuser
    can look without being counted; for others an index that nobody has scanned must stay one, and a column whose ends
    the server's own planner never looked up is not compared with much.
    """
    was_scanned = "true" if capabilities.is_superuser else _WAS_SCANNED
    return Query(
        f"""
        with recursive {USER_RELATION}, {MENTIONED}
        select c.oid as relation, c.nspname as schema, c.relname as name,
               pg_catalog.array_agg(distinct a.attname::text order by a.attname::text) as columns
        from pg_catalog.pg_index i
        join user_relation c on c.oid = i.indrelid and c.relkind in ('r', 'm') and c.relispopulated
        join pg_catalog.pg_class x on x.oid = i.indexrelid
        join pg_catalog.pg_am am on am.oid = x.relam and am.amname = 'btree'
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0] and a.attnum > 0
        join pg_catalog.pg_opclass op on op.oid = i.indclass[0] and op.opcdefault
        where c.oid in (select t.oid from mentioned t)
          and i.indisvalid and i.indisready and i.indislive and not i.indcheckxmin and i.indpred is null
          and i.indcollation[0] in (0, a.attcollation)
          and c.oid <> all ($2::pg_catalog.oid[]) and x.oid <> all ($2::pg_catalog.oid[])
          and (c.relpersistence = 'p' or not pg_catalog.pg_is_in_recovery())
          and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')
          and not pg_catalog.row_security_active(c.oid)
          and {was_scanned}
        group by c.oid, c.nspname, c.relname, c.relpages
        order by c.relpages desc, c.oid
        """,
        (mentioned(capabilities), capabilities.locked_array),
    )


def ends(table: TableColumns) -> Query:
    """One row a column. ``format`` prints a value by its type's own output function, never by a user's cast."""
    relation = quote.relation(table.relation_name)
    looks = (_look(table.relation, relation, column) for column in table.columns)
    return Query(" union all ".join(looks) + ' order by "column"')


def _look(oid: int, relation: str, name: str) -> str:
    column = quote.identifier(name)

    def end(direction: str) -> str:
        return (
            f"(select pg_catalog.format('%s', t.{column}) from only {relation} t"
            f" where t.{column} is not null order by t.{column} {direction} limit 1)"
        )

    return f'select {oid} as relation, {quote.literal(name)} as "column", {end("asc")} as low, {end("desc")} as high'
