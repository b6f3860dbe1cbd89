create table orders as select n as id, n % 10 as state from generate_series(1, 20000) as n;
create table small as select n as id, n % 10 as state from generate_series(1, 200) as n;
vacuum analyze;
-- A few dead rows are normal, and a small table is clean again in no time.
update orders set state = 11 where id <= 1000;
update small set state = 11;
