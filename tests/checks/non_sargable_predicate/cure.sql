select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
create index visits_lower_email_idx on visits (lower(email));
analyze visits;
-- times: 30
select id from visits where lower(email) = 'person7@example.com';
-- times: 30
select id from visits where created_at >= '2026-01-05' and created_at < '2026-01-06';
-- times: 30
select id from visits where number = 78 - 1;
