create extension pg_stat_statements;
create table roomy (id int primary key, total int) with (fillfactor = 40);
insert into roomy select n, 0 from generate_series(1, 2000) as n;
create table migrated as select n as id, 0 as total from generate_series(1, 4000) as n;
create index on migrated (id);
create table unindexed as select n as id, 0 as total from generate_series(1, 1000) as n;
vacuum analyze;
-- times: 3
update roomy set total = total + 1;
-- A migration that changed half of the rows once is no habit.
update migrated set total = 1 where id <= 2000;
-- times: 2
update unindexed set total = total + 1;
