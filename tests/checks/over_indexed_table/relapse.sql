set enable_seqscan = off;
create index "Events c" on "Events" (c);
select count(*) from "Events" where c = 1;
