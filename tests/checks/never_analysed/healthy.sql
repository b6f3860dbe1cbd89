create table orders as select n as id, n % 10 as state from generate_series(1, 20000) as n;
create materialized view orders_by_state as select state, count(*) as orders from orders group by state;
create table small as select n as id from generate_series(1, 200) as n;
analyze orders;
