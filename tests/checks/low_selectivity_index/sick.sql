create table visits as select n as id, n % 4 as "Quarter" from generate_series(1, 20000) as n;
create index on visits ("Quarter");
analyze visits;
set enable_seqscan = off;
select sum(id) from visits where "Quarter" = 3;
