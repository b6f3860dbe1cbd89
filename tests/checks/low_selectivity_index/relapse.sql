create index on visits ("Quarter");
set enable_seqscan = off;
select sum(id) from visits where "Quarter" = 3;
