create table orders as select n as id, n % 300 as customer, n % 7 as amount from generate_series(1, 2000) as n;
create materialized view sums as select customer, sum(amount) as amount from orders group by customer;
create unique index on sums (customer);
create materialized view small as select amount, count(*) as orders from orders group by amount;
create view plain as select customer, count(*) as orders from orders group by customer;
analyze;
