"""Which roles are there, what may they do, and whom do they belong to? Never a password, not even its hash."""

from pgclinic.model.catalog import Role
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.settings import ALLOWED

RECORD = Role


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """One row a role of the cluster; predefined roles are known by their names.

    Of a setting that a role has in this database and in all, the former is in force.
    """
    return Query(
        """
        select r.rolname as name, r.rolsuper as is_superuser, r.rolbypassrls as bypasses_rls,
               r.rolcanlogin as can_login, r.rolinherit as inherits,
               (select pg_catalog.array_agg(distinct g.rolname::text order by g.rolname::text)
                from pg_catalog.pg_auth_members m
                join pg_catalog.pg_roles g on g.oid = m.roleid
                where m.member = r.oid) as member_of,
               (select pg_catalog.array_agg(nearest.setting order by nearest.setting)
                from (select distinct on (pg_catalog.split_part(entry.setting, '=', 1)) entry.setting
                      from pg_catalog.pg_db_role_setting s
                      cross join lateral pg_catalog.unnest(s.setconfig) entry (setting)
                      where s.setrole = r.oid
                        and s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d
                                                  where d.datname = pg_catalog.current_database()))
                        and pg_catalog.split_part(entry.setting, '=', 1) ~ $1
                      order by pg_catalog.split_part(entry.setting, '=', 1), s.setdatabase desc) nearest) as settings
        from pg_catalog.pg_roles r
        where not pg_catalog.starts_with(r.rolname, 'pg_')
        order by r.rolname
        """,
        (f"^({ALLOWED})$",),
    )
