create extension pg_stat_statements;
create table numbers as select n, md5(n::text) as body from generate_series(1, 15000) as n;
analyze numbers;
-- One statement that spills is its own affair.
set work_mem = '64kB';
-- times: 5
select n from numbers order by body;
