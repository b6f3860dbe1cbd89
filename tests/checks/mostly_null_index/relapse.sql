drop index "visits_Parent_idx";
create index on visits ("Parent");
set enable_seqscan = off;
select id from visits where "Parent" = 50;
