"""docker compose: the whole path on one machine, health checks and order of starting included."""

import json

from pgclinic.model.stack import StackPlan

_PRIMARY = """\
  primary:
    image: postgres:{major}
    command: ["-c", "config_file=/etc/postgresql/pgclinic.conf", "-c", "hba_file=/etc/postgresql/pg_hba.conf"]
    environment:
      POSTGRES_DB: {database}
      POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password
    secrets: [postgres_password]
    volumes:
      - primary:/var/lib/postgresql
      - ../postgresql/primary.conf:/etc/postgresql/primary.conf:ro
      - ./pgclinic.conf:/etc/postgresql/pgclinic.conf:ro
      - ./pg_hba.conf:/etc/postgresql/pg_hba.conf:ro
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U postgres"]
      interval: 5s
      retries: 12
"""
_POOLER = """\
  pgbouncer:
    image: edoburu/pgbouncer:latest
    volumes:
      - ../pgbouncer/pgbouncer.ini:/etc/pgbouncer/pgbouncer.ini:ro
      - ../pgbouncer/userlist.txt:/etc/pgbouncer/userlist.txt:ro
    ports: ["127.0.0.1:6432:6432"]
    depends_on:
      primary: {condition: service_healthy}
"""
_REPLICA = """\
  replica:
    image: postgres:{major}
    user: postgres
    entrypoint: ["/bin/sh", "/etc/postgresql/follow.sh"]
    environment:
      PGDATA: /var/lib/postgresql/replica
      PGPASSFILE: /run/secrets/replicator_pgpass
    secrets: [replicator_pgpass]
    volumes:
      - replica:/var/lib/postgresql
      - ../postgresql/replica.conf:/etc/postgresql/replica.conf:ro
      - ./follow.sh:/etc/postgresql/follow.sh:ro
    depends_on:
      primary: {{condition: service_healthy}}
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U postgres"]
      interval: 5s
      retries: 12
"""
_REDIS = """\
  redis:
    image: redis:7
    command: ["redis-server", "/etc/redis/redis.conf", "--bind", "0.0.0.0", "--protected-mode", "no"]
    volumes:
      - ../redis/redis.conf:/etc/redis/redis.conf:ro
    healthcheck:
      test: ["CMD", "redis-cli", "ping"]
      interval: 5s
      retries: 12
"""
_FOLLOW = """\
#!/bin/sh
# A replica that was never made takes a base backup first; the role and the slot are in postgresql/replica.sql.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    pg_basebackup -h primary -U replicator -D "$PGDATA" -X stream -S replica_1 -R
    echo "include = '/etc/postgresql/replica.conf'" >>"$PGDATA/postgresql.conf"
fi
exec postgres
"""
_CONFIGURATION = """\
listen_addresses = '*'
include = '/etc/postgresql/primary.conf'
"""
_HBA = """\
local all all trust
host all all all scram-sha-256
host replication replicator all scram-sha-256
"""


def files(plan: StackPlan) -> dict[str, str]:
    """compose.yaml with the parts that pay, and what its PostgreSQL reads. Passwords are files named as secrets."""
    pays = {part.name for part in plan.parts if part.pays}
    major = plan.server_version.partition(".")[0]
    services = [_PRIMARY.format(major=major, database=json.dumps(plan.database))]
    services += [_REPLICA.format(major=major)] if "replica" in pays else []
    services += [_POOLER] if "pooler" in pays else []
    services += [_REDIS] if "cache" in pays else []
    volumes = ["  primary:"] + (["  replica:"] if "replica" in pays else [])
    secrets = ["  postgres_password: {file: ./secrets/postgres_password}"]
    secrets += ["  replicator_pgpass: {file: ./secrets/replicator_pgpass}"] if "replica" in pays else []
    text = "services:\n" + "".join(services)
    text += "\n".join(("volumes:", *volumes, "secrets:", *secrets)) + "\n"
    found = {"compose/compose.yaml": text, "compose/pgclinic.conf": _CONFIGURATION, "compose/pg_hba.conf": _HBA}
    return {**found, "compose/follow.sh": _FOLLOW} if "replica" in pays else found
