"""Which databases a server has."""

from pgclinic.model.services import SERVICES
from pgclinic.postgres.connect import open_session
from pgclinic.probes.scope import marked

_QUESTION = marked("""
select d.datname
from pg_catalog.pg_database d
where d.datallowconn and not d.datistemplate and d.datname <> all (%s)
order by d.datname collate "C"
""")


def databases_of(conninfo: str) -> tuple[str, ...]:
    """Names of the databases that a user can have made, in their order. Raises UserError without a connection."""
    platform = sorted(frozenset[str]().union(*(service.databases for service in SERVICES)))
    with open_session(conninfo) as connection:
        return tuple(name for (name,) in connection.execute(_QUESTION, [platform]).fetchall())
