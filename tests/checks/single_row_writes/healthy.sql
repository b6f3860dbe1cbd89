create extension pg_stat_statements;
create table events (kind text, at timestamptz);
create table visits (id integer primary key, seen boolean);
insert into visits select n, false from generate_series(1, 100) as n;
-- One row for each request, as applications do:
-- times: 150
insert into events (kind) values ('visit');
-- times: 300
select seen from visits where id = 7;
-- Many rows at once, often:
-- times: 120
insert into events (kind) select 'visit' from generate_series(1, 10);
-- times: 120
insert into events (kind) values ('a'), ('b');
-- times: 110
update visits set seen = false where id = any (array[1, 2, 3]);
