"""How have the tables been read, changed, vacuumed and analysed since the counters were reset?"""

from pgclinic.model.counters import TableCounters
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import USER_RELATION, moment

RECORD = TableCounters

_COUNTS = [
    "seq_scan",
    "seq_tup_read",
    "idx_scan",
    "idx_tup_fetch",
    "n_tup_ins",
    "n_tup_upd",
    "n_tup_del",
    "n_tup_hot_upd",
    "n_tup_newpage_upd",
    "n_live_tup",
    "n_dead_tup",
    "n_mod_since_analyze",
    "n_ins_since_vacuum",
    "vacuum_count",
    "autovacuum_count",
    "analyze_count",
    "autoanalyze_count",
]
_MOMENTS = [
    "last_seq_scan",
    "last_idx_scan",
    "last_vacuum",
    "last_autovacuum",
    "last_analyze",
    "last_autoanalyze",
    "stats_reset",
]
_BLOCKS = ["heap_blks_read", "heap_blks_hit", "idx_blks_read", "idx_blks_hit", "toast_blks_read", "toast_blks_hit"]
_VIEW = "pg_stat_all_tables"


def query(capabilities: Capabilities) -> Query:
    """One row a table or materialized view; what the server's view does not have is left out."""
    counts = [f"s.{name}" for name in _COUNTS if capabilities.has(_VIEW, name)]
    moments = [f"{moment(f's.{name}')} as {name}" for name in _MOMENTS if capabilities.has(_VIEW, name)]
    blocks = [f"io.{name}" for name in _BLOCKS]
    return Query(f"""
        with {USER_RELATION}
        select c.oid as relation, {", ".join([*counts, *moments, *blocks])}
        from user_relation c
        join pg_catalog.pg_stat_all_tables s on s.relid = c.oid
        left join pg_catalog.pg_statio_all_tables io on io.relid = c.oid
        order by c.oid
    """)
