create table orders as select n as id from generate_series(1, 20000) as n;
create unlogged table small as select n as id from generate_series(1, 100) as n;
-- A queue.
create unlogged table jobs as select n as id from generate_series(1, 20000) as n;
delete from jobs where id <= 8000;
