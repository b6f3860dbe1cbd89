create table orders as select n as id, n % 30 as customer, n % 7 as amount from generate_series(1, 1000) as n;
create table ledger as select n as id, n % 30 as customer, n % 7 as amount from generate_series(1, 1000) as n;
create materialized view fresh as select customer, sum(amount) as amount from orders group by customer;
create materialized view of_the_unchanged as select customer, sum(amount) as amount from ledger group by customer;
analyze;
update orders set amount = 2;
refresh materialized view fresh;
-- Changed since, but hardly:
update ledger set amount = 1 where id < 20;
