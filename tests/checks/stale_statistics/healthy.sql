create table small as select n as id, 0 as state from generate_series(1, 200) as n;
create table orders as select n as id, 0 as state from generate_series(1, 20000) as n;
create table loaded (id int, state int);
analyze;
-- Some change is normal, and a job that loads much ends with ANALYZE.
update small set state = 1;
update orders set state = 1 where id <= 3000;
insert into loaded select n, 0 from generate_series(1, 20000) as n;
analyze loaded;
