"""Managed services: how each is recognised in the catalogs, what of a database is the platform's, and its limits.

Sources are the services' own documentation of roles and settings: Amazon RDS and Aurora ("Understanding PostgreSQL
roles and permissions"), Cloud SQL ("About PostgreSQL users and roles"), Azure Database for PostgreSQL ("Create
users"), Supabase ("Postgres roles"), Neon ("Manage roles").
"""

from collections.abc import Collection

import msgspec

_ENOUGH = 2
"""Marks that make a service: a single role or setting may have come along with somebody's dump."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A managed service.

    ``marks`` are names of roles (``role x``), settings (``setting x``) and functions of pg_catalog (``function x``)
    that only this platform makes; of these ``needed`` must all be there. ``administrator`` is the role that its
    customers get in the place of a superuser. ``schemas`` and ``databases`` are the platform's, not the customer's.
    ``settings_place`` is where settings are changed, because ALTER SYSTEM is not allowed, as a sentence's end.
    ``extension_schema`` is where it keeps extensions, empty for the ordinary place.
    """

    name: str
    title: str
    marks: frozenset[str]
    administrator: str
    settings_place: str
    needed: frozenset[str] = frozenset()
    schemas: frozenset[str] = frozenset()
    databases: frozenset[str] = frozenset()
    extension_schema: str = ""

    def is_marked(self, marks: Collection[str]) -> bool:
        """Whether a server with these marks is this service."""
        return self.needed <= frozenset(marks) and len(self.marks & frozenset(marks)) >= _ENOUGH


_RDS = frozenset({"role rdsadmin", "role rds_superuser", "role rds_replication", "setting rds.extensions"})
_AURORA = frozenset({"function aurora_version"})

SERVICES = (
    Service(
        name="supabase",
        title="Supabase",
        marks=frozenset(
            {"role supabase_admin", "role supabase_auth_admin", "role supabase_storage_admin", "role authenticator"}
        ),
        needed=frozenset({"role supabase_admin"}),
        administrator="postgres",
        settings_place="with supabase postgres-config, or in the dashboard",
        schemas=frozenset(
            {
                "_analytics",
                "_realtime",
                "_supavisor",
                "auth",
                "cron",
                "etl",
                "extensions",
                "graphql",
                "graphql_public",
                "net",
                "pgbouncer",
                "pgmq",
                "pgsodium",
                "pgsodium_masks",
                "pgtle",
                "realtime",
                "storage",
                "supabase_functions",
                "supabase_migrations",
                "vault",
            }
        ),
        databases=frozenset({"_supabase"}),
        extension_schema="extensions",
    ),
    Service(
        name="neon",
        title="Neon",
        marks=frozenset(
            {"role neon_superuser", "role cloud_admin", "setting neon.tenant_id", "setting neon.timeline_id"}
        ),
        administrator="neon_superuser",
        settings_place="in the project's settings, or for a role or database by ALTER ROLE and ALTER DATABASE",
        schemas=frozenset({"neon", "neon_auth", "neon_migration"}),
    ),
    Service(
        name="aurora",
        title="Amazon Aurora",
        marks=_RDS | _AURORA,
        needed=_AURORA,
        administrator="rds_superuser",
        settings_place="in the DB cluster parameter group",
        databases=frozenset({"rdsadmin"}),
    ),
    Service(
        name="rds",
        title="Amazon RDS",
        marks=_RDS,
        administrator="rds_superuser",
        settings_place="in the DB parameter group",
        databases=frozenset({"rdsadmin"}),
    ),
    Service(
        name="cloud_sql",
        title="Google Cloud SQL",
        marks=frozenset(
            {
                "role cloudsqlsuperuser",
                "role cloudsqladmin",
                "role cloudsqlagent",
                "setting cloudsql.iam_authentication",
            }
        ),
        administrator="cloudsqlsuperuser",
        settings_place="as a flag of the instance",
        schemas=frozenset({"google_vacuum_mgmt"}),
        databases=frozenset({"cloudsqladmin"}),
    ),
    Service(
        name="azure",
        title="Azure Database for PostgreSQL",
        marks=frozenset({"role azure_pg_admin", "role azuresu", "setting azure.extensions"}),
        administrator="azure_pg_admin",
        settings_place="as a server parameter",
        databases=frozenset({"azure_maintenance", "azure_sys"}),
    ),
)
"""In the order in which they are asked: Aurora has all the marks of RDS."""

OWN_SERVER = Service(
    name="", title="", marks=frozenset(), administrator="", settings_place="in postgresql.conf", needed=frozenset({""})
)
"""What is no managed service."""

MARKS = tuple(sorted(frozenset[str]().union(*(service.marks for service in SERVICES))))
"""What a server is asked for."""


OWN_STORAGE = frozenset({"aurora", "neon"})
"""Services whose pages do not lie in files of the server: its settings about files and caches mean little there."""


def service_of(marks: Collection[str]) -> Service | None:
    """The service that a server with these marks is, None for any other server."""
    return next((service for service in SERVICES if service.is_marked(marks)), None)


def service_named(name: str) -> Service | None:
    """The service of this ``name``, None for an empty or unknown one."""
    return next((service for service in SERVICES if service.name == name), None)
