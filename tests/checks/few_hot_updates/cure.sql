drop index visitors_seen_idx;
select pg_stat_reset_single_table_counters('visitors'::regclass);
