create extension pg_stat_statements;
create table customers (id integer primary key, name text, region integer);
insert into customers select n, 'name ' || n, n % 10 from generate_series(1, 1200) as n;
create table orders (id integer primary key, customer_id integer, status text, region integer);
insert into orders select n, 1 + n % 1200, case when n % 2 = 0 then 'open' else 'closed' end, n % 10
from generate_series(1, 1200) as n;
create table few as select n from generate_series(1, 7) as n;
analyze;
select count(*) from orders o, customers c where o.customer_id = c.id;
-- Meant:
select count(*) from orders cross join customers;
select count(*) from orders join customers on true;
-- One row, by its key:
select o.id, c.name from orders o, customers c where c.id = 7 and o.status = 'open';
-- The same value for both:
select count(*) from orders o, customers c where o.region = 7 and c.region = 7;
select count(*) from orders o, few;
select count(*) from orders o, customers c, few where o.region = few.n and c.region = few.n;
select count(*) from orders o, lateral (select * from customers c where c.id = o.customer_id) c;
select count(*) from orders o, (select max(region) as most from customers) c;
select count(*) from orders o, generate_series(1, 3);
select count(*) from orders o, customers c where exists (select from few where few.n = o.region and few.n = c.region);
