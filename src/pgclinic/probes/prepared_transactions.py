"""Which transactions were prepared for a second phase and wait for it?"""

from pgclinic.model.activity import PreparedTransaction
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment

RECORD = PreparedTransaction


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """One row each, of all databases: each holds back vacuum of its own database, and locks."""
    return Query(f"""
        select p.gid as name, p.owner::text as role, p.database::text as database,
               {moment("p.prepared")} as prepared_at, pg_catalog.age(p.transaction) as xid_age
        from pg_catalog.pg_prepared_xacts p
        order by p.prepared, p.gid
    """)
