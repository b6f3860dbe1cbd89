"""Which extensions are installed in this database?"""

from pgclinic.model.catalog import Extension
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query

RECORD = Extension


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """One row an extension."""
    return Query("""
        select e.extname as name, e.extversion as version, n.nspname as schema
        from pg_catalog.pg_extension e
        join pg_catalog.pg_namespace n on n.oid = e.extnamespace
        order by e.extname
    """)
