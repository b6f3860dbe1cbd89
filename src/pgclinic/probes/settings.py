"""Which settings of the allow-list are in force, server-wide, for this database and for single roles?

An allow-list, because others hold secrets: ``primary_conninfo`` and ``ssl_passphrase_command`` do, commands may, and
a custom setting is anybody's. The server-wide value is the one a session begins with, not what this visit has set.
"""

from pgclinic.model.catalog import Setting
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query

RECORD = Setting

ALLOWED = (
    "(enable|geqo|jit|autovacuum|vacuum|track|parallel|cpu|bgwriter|checkpoint|min_parallel|max_parallel"
    "|log_autovacuum|log_lock|log_temp|log_min_duration)_.*"
    "|geqo|jit|autovacuum|(pg_stat_statements|auto_explain)\\..*"
    "|(seq|random)_page_cost|(effective|maintenance|temp|shared|wal|huge)_(cache_size|work_mem|buffers|io_concurrency)"
    "|effective_io_concurrency|maintenance_io_concurrency|work_mem|hash_mem_multiplier|logical_decoding_work_mem"
    "|autovacuum_work_mem|vacuum_buffer_usage_limit|huge_pages|io_method|io_workers|io_combine_limit"
    "|default_statistics_target|constraint_exclusion|cursor_tuple_fraction|(from|join)_collapse_limit"
    "|plan_cache_mode|recursive_worktable_factor|(debug_parallel_query|force_parallel_mode)"
    "|max_(connections|worker_processes|wal_size|locks_per_transaction|prepared_transactions|wal_senders"
    "|replication_slots|slot_wal_keep_size|standby_streaming_delay|standby_archive_delay)"
    "|synchronous_standby_names|archive_timeout|recovery_min_apply_delay|idle_replication_slot_timeout"
    "|wal_(sync_method|log_hints|init_zero|recycle)|zero_damaged_pages|ignore_checksum_failure|statement_timeout"
    "|lock_timeout|client_connection_check_interval|max_(logical_replication|sync)_workers.*"
    "|superuser_reserved_connections|reserved_connections|min_wal_size|wal_(level|compression|keep_size|writer_delay)"
    "|synchronous_commit|commit_delay|fsync|full_page_writes|data_checksums|archive_mode|hot_standby"
    "|hot_standby_feedback|log_checkpoints|idle_in_transaction_session_timeout|idle_session_timeout"
    "|transaction_timeout|deadlock_timeout|default_toast_compression|default_transaction_isolation|row_security"
    "|shared_preload_libraries|session_preload_libraries|compute_query_id|server_version_num|server_encoding"
    "|block_size|segment_size|wal_segment_size|lc_(collate|ctype|messages|monetary|numeric|time)|old_snapshot_threshold"
    "|search_path|default_text_search_config|standard_conforming_strings|track_activity_query_size|password_encryption|ssl|max_stack_depth"
)
"""A regular expression for whole names. None of these can hold a secret."""


def query(capabilities: Capabilities) -> Query:  # noqa: ARG001 - a probe's signature
    """Server-wide values in their base unit; those of databases and roles as they were written."""
    return Query(
        """
        select s.name, s.reset_val as value, s.unit, s.source, s.boot_val as boot_value, s.pending_restart,
               '' as scope
        from pg_catalog.pg_settings s
        where s.name ~ $1
        union all
        select pg_catalog.split_part(entry.setting, '=', 1),
               pg_catalog.substr(entry.setting, pg_catalog.strpos(entry.setting, '=') + 1),
               null, case when s.setrole = 0 then 'database' else 'user' end, null, false,
               coalesce('role:' || r.rolname, 'database')
        from pg_catalog.pg_db_role_setting s
        cross join lateral pg_catalog.unnest(s.setconfig) entry (setting)
        left join pg_catalog.pg_roles r on r.oid = s.setrole
        where s.setdatabase in (0, (select d.oid from pg_catalog.pg_database d
                                    where d.datname = pg_catalog.current_database()))
          and (s.setrole = 0) = (r.oid is null)
          and pg_catalog.split_part(entry.setting, '=', 1) ~ $1
        order by scope, name, value
        """,
        (f"^({ALLOWED})$",),
    )
