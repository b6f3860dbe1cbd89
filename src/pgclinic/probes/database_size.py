"""How large is this database on disk?"""

from pgclinic.model.counters import DatabaseCounters
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query

RECORD = DatabaseCounters
SUPPLEMENTS = True


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """One row, in bytes. The server walks through all of the database's files for it."""
    return Query("select pg_catalog.pg_database_size(pg_catalog.current_database()) as size_bytes order by 1")
