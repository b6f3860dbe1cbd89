select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
begin;
insert into events (kind, at) select 'call', now() from generate_series(1, 400);
update visits set seen = true from unnest(array[7, 8]) as ids (id) where visits.id = ids.id;
commit;
