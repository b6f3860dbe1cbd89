"""Settings of the primary and of the replica, and how the replica is made."""

from pgclinic.model.stack import StackPlan

_HOW = """\
-- On the primary, once:
create role replicator login replication;
\\password replicator
select pg_catalog.pg_create_physical_replication_slot('replica_1');

-- In the primary's pg_hba.conf, with the replica's address:
--   host replication replicator ADDRESS_OF_REPLICA/32 scram-sha-256
-- On the replica, into its empty data directory, with the password in ~/.pgpass:
--   pg_basebackup -h primary -U replicator -D DATA_DIRECTORY -X stream -S replica_1 -R
-- then put replica.conf where its postgresql.conf includes it, and start it.
"""


def files(plan: StackPlan) -> dict[str, str]:
    """A file of settings each, to be included by postgresql.conf (``include_if_exists``, ``conf.d``)."""
    part = plan.part("replica")
    return {
        "postgresql/primary.conf": _settings(part.of_file("primary")),
        "postgresql/replica.conf": _settings(part.of_file("replica")),
        "postgresql/replica.sql": _HOW,
    }


def _settings(lines: dict[str, str]) -> str:
    return "".join(f"{name} = '{value}'\n" for name, value in lines.items())
