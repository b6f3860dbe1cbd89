"""What managed services have in the place of a part that one would run oneself.

Sources are the services' own documentation: Supabase ("Connect to your database", "Read Replicas"), Neon ("Connection
pooling", "Read replicas"), AWS ("Amazon RDS Proxy", "Working with DB instance read replicas", "ElastiCache"), Google
Cloud ("Managed Connection Pooling", "Read replicas", "Memorystore"), Azure ("PgBouncer in Azure Database for
PostgreSQL", "Read replicas", "Azure Managed Redis").
"""

EQUIVALENTS = {
    "supabase": {
        "pooler": "Supavisor in transaction mode (port 6543), or the dedicated PgBouncer of paid plans",
        "replica": "Read Replicas, with their own connection string or the load balancer's",
        "cache": "none of its own; a Redis beside it, such as Upstash",
    },
    "neon": {
        "pooler": "the pooled connection string (-pooler), which is PgBouncer in transaction mode",
        "replica": "a read replica compute, which shares the storage",
        "cache": "none of its own; a Redis beside it, such as Upstash",
    },
    "aurora": {
        "pooler": "RDS Proxy",
        "replica": "an Aurora Replica behind the reader endpoint",
        "cache": "ElastiCache for Valkey or Redis",
    },
    "rds": {
        "pooler": "RDS Proxy",
        "replica": "an RDS read replica",
        "cache": "ElastiCache for Valkey or Redis",
    },
    "cloud_sql": {
        "pooler": "Managed Connection Pooling (Enterprise Plus), or PgBouncer of one's own",
        "replica": "a Cloud SQL read replica, or a read pool",
        "cache": "Memorystore for Valkey or Redis",
    },
    "azure": {
        "pooler": "the built-in PgBouncer (port 6432)",
        "replica": "a read replica with its virtual endpoint",
        "cache": "Azure Managed Redis",
    },
}
"""By the service's name (``model.services``), then by the part's."""


def equivalent(service: str, part: str) -> str:
    """The service's own, empty for a server of one's own."""
    return EQUIVALENTS.get(service, {}).get(part, "")
