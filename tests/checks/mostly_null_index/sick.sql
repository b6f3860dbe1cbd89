create table visits as select n as id, case when n % 50 = 0 then n end as "Parent" from generate_series(1, 20000) as n;
create index on visits ("Parent");
analyze visits;
set enable_seqscan = off;
select id from visits where "Parent" = 50;
