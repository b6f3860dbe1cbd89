-- Before a base backup or two.
do $$ begin
    perform pg_stat_reset_shared(
        case when current_setting('server_version_num')::int >= 170000 then 'checkpointer' else 'bgwriter' end);
end $$;
-- times: 2
checkpoint;
