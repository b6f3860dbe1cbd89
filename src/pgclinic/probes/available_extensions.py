"""Which extensions that a cure may want could be installed: do their files lie on the server?"""

from pgclinic.model.catalog import AvailableExtension
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.sql import quote

RECORD = AvailableExtension
WANTED = ("citus", "pg_cron", "pg_partman", "pg_repack", "pg_trgm", "timescaledb")


def query(capabilities: Capabilities) -> Query:
    """One row an extension of ``WANTED``, in its default version."""
    wanted = ", ".join(map(quote.literal, WANTED))
    trusted = "v.trusted" if capabilities.has("pg_available_extension_versions", "trusted") else "false"
    return Query(
        f"""
        select e.name::text as name, e.default_version as version, coalesce({trusted}, false) as is_trusted
        from pg_catalog.pg_available_extensions e
        left join pg_catalog.pg_available_extension_versions v
            on v.name = e.name and v.version = e.default_version
        where e.name in ({wanted})
        order by e.name
        """
    )
