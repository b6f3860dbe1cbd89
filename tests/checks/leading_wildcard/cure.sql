select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
create index people_name_idx on people using gin (name gin_trgm_ops);
-- times: 30
select id from people_called_ann;
