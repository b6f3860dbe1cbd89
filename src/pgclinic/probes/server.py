"""Which server and database is this, and what may the visitor do?"""

from pgclinic.model.snapshot import Server
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment
from pgclinic.sql import quote

RECORD = Server


def query(capabilities: Capabilities) -> Query:
    """One row. ICU locales moved and were renamed twice; the control file may be closed to the visitor."""
    provider = capabilities.column("pg_database", "datlocprovider", default="'c'")
    locale = capabilities.column("pg_database", "datlocale", "daticulocale")
    identifier = "null"
    if "pg_control_system" in capabilities.functions:
        identifier = "(select s.system_identifier::text from pg_catalog.pg_control_system() s)"
    return Query(f"""
        select pg_catalog.current_setting('server_version_num')::int as version_num,
               pg_catalog.current_setting('server_version') as version,
               d.datname as database, d.oid as database_oid, {identifier} as system_identifier,
               pg_catalog.pg_encoding_to_char(d.encoding)::text as encoding,
               d.datcollate::text as collation, d.datctype::text as ctype,
               {provider}::text as locale_provider, {locale}::text as icu_locale,
               pg_catalog.current_setting('block_size')::int as block_size,
               pg_catalog.pg_is_in_recovery() as in_recovery,
               {moment("pg_catalog.pg_postmaster_start_time()")} as started_at,
               current_user::text as visitor, r.rolsuper as visitor_is_superuser,
               r.rolsuper or r.rolbypassrls as visitor_bypasses_rls,
               {_is_member("pg_read_all_stats")} as visitor_reads_all_stats,
               {_is_member("pg_read_all_data")} as visitor_reads_all_data,
               {quote.literal(capabilities.service.name if capabilities.service else "")} as service
        from pg_catalog.pg_database d
        join pg_catalog.pg_roles r on r.rolname = current_user
        where d.datname = pg_catalog.current_database()
        order by d.oid
    """)


def _is_member(role: str) -> str:
    return (
        "coalesce((select pg_catalog.pg_has_role(m.oid, 'usage')"
        f" from pg_catalog.pg_roles m where m.rolname = '{role}'), false)"
    )
