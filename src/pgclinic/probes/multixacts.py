"""How close is the database to running out of multixact ids?"""

from pgclinic.model.counters import DatabaseCounters
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query

RECORD = DatabaseCounters
SUPPLEMENTS = True


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """One row: the age of the oldest multixact id that is still needed."""
    return Query("""
        select pg_catalog.mxid_age(d.datminmxid) as multixact_age
        from pg_catalog.pg_database d
        where d.datname = pg_catalog.current_database()
        order by 1
    """)
