create extension pg_stat_statements;
create table notes as select n as id, md5(n::text) || md5((n + 1)::text) as body from generate_series(1, 30000) as n;
analyze;
set work_mem = '64MB';
-- times: 10
select id, body from notes order by id;
set work_mem = '64kB';
-- A batch job:
-- times: 2
select count(distinct body) from notes;
