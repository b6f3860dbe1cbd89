set enable_seqscan = off;
-- Written much and read as much:
create table busy (a integer, b integer, c integer);
create index on busy (a);
create index on busy (b);
create index on busy (c);
insert into busy select n, n, n from generate_series(1, 4000) as n;
delete from busy where a > 10;
-- Few indexes, indexes with a duty, and indexes that nobody reads at all:
create table kinds (a integer unique, b integer references kinds (a), c integer, d integer, e integer);
create index on kinds (b);
create index on kinds (c);
create index on kinds (d);
create index on kinds (e);
insert into kinds select n, n, n, n, n from generate_series(1, 4000) as n;
delete from kinds where a > 100;
-- Updates that need no new entries:
create table hot (id integer, a integer, b integer, c integer) with (fillfactor = 50);
create index on hot (a);
create index on hot (b);
create index on hot (c);
insert into hot values (1, 1, 1, 1);
-- times: 1100
update hot set id = id + 1;
-- Loaded once, and little used since:
create table loaded (a integer, b integer, c integer);
create index on loaded (a);
create index on loaded (b);
create index on loaded (c);
insert into loaded select n, n, n from generate_series(1, 2000) as n;
analyze;
select count(*) from loaded where a = 1;
select count(*) from loaded where b = 1;
select count(*) from loaded where c = 1;
-- times: 60
select count(*) from busy where a = 1;
-- times: 60
select count(*) from busy where b = 1;
-- times: 60
select count(*) from busy where c = 1;
select count(*) from kinds where a = 1;
select count(*) from kinds where b = 1;
select count(*) from kinds where c = 1;
select count(*) from kinds where d = 1;
select count(*) from hot where a = 1;
select count(*) from hot where b = 1;
select count(*) from hot where c = 1;
