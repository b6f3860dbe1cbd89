"""What a look asks of a server: little every time, and now and then what takes longer and changes slowly."""

COUNTERS = frozenset(
    {
        "archiver",
        "connections",
        "database_counters",
        "multixacts",
        "prepared_transactions",
        "replicas",
        "replication_slots",
        "response_times",
        "server",
        "sessions",
        "standby",
        "statement_counts",
        "statement_history",
        "table_counters",
        "wal_counters",
    }
)
"""Probes of every look: counters in the server's memory and who is at work, no files and no texts."""

CENSUS = frozenset({"database_size", "index_sizes", "indexes", "relation_sizes", "relations", "settings"})
"""Probes asked beside them every ten minutes: names, files and their sizes, and how indexes are used."""

CENSUS_SECONDS = 600
INTERVAL_SECONDS = 30
FASTEST_SECONDS = 10
SLOWEST_SECONDS = 60
"""Between two looks, in seconds: what is usual, and what is allowed."""
