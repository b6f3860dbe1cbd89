"""How high are the B-trees? The planner charges for each level that a search descends."""

from pgclinic.model.catalog import Index
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION
from pgclinic.sql import quote

RECORD = Index
SUPPLEMENTS = True
_EXTENSION = "pageinspect"


def query(capabilities: Capabilities) -> Query | None:
    """One row a B-tree: the level that the planner reads (``_bt_getrootheight`` in nbtpage.c).

    Only a superuser may look into pages, and only where pageinspect is installed; else it is computed from the size.
    """
    extension = capabilities.extensions.get(_EXTENSION)
    if extension is None or not capabilities.is_superuser:
        return None
    return Query(
        f"""
        with {USER_RELATION}
        select x.oid, page.fastlevel as tree_level
        from pg_catalog.pg_index i
        join user_relation t on t.oid = i.indrelid
        join pg_catalog.pg_class x on x.oid = i.indexrelid and x.relkind = 'i'
        join pg_catalog.pg_am am on am.oid = x.relam and am.amname = 'btree'
        cross join lateral {quote.identifier(extension.schema)}.bt_metap(x.oid::pg_catalog.regclass::text) page
        where i.indislive and i.indisready and x.oid <> all ($1::pg_catalog.oid[])
          and (x.relpersistence = 'p' or not pg_catalog.pg_is_in_recovery())
        order by x.oid
        """,
        (capabilities.locked_array,),
    )
