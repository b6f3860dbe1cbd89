"""How often did the server write everything down, and why?"""

from pgclinic.model.background import Checkpoints
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query
from pgclinic.probes.scope import moment

RECORD = Checkpoints


def query(capabilities: Capabilities) -> Query:
    """One row. Server 17 moved checkpoints to a view of their own, and what clients flush to pg_stat_io."""
    if capabilities.has("pg_stat_checkpointer", "num_timed"):
        return Query(f"""
            select c.num_timed as timed, c.num_requested as requested, c.write_time as write_ms,
                   c.sync_time as sync_ms, c.buffers_written, {moment("c.stats_reset")} as stats_reset
            from pg_catalog.pg_stat_checkpointer c
            order by 1
        """)
    return Query(f"""
        select c.checkpoints_timed as timed, c.checkpoints_req as requested, c.checkpoint_write_time as write_ms,
               c.checkpoint_sync_time as sync_ms, c.buffers_checkpoint as buffers_written,
               c.buffers_backend_fsync as backend_fsyncs, {moment("c.stats_reset")} as stats_reset
        from pg_catalog.pg_stat_bgwriter c
        order by 1
    """)
