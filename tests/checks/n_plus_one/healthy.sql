create extension pg_stat_statements;
create table customers (id integer primary key, name text, phone text);
insert into customers select n, 'name ' || n, 'phone ' || n from generate_series(1, 1000) as n;
create table orders (id integer primary key, customer_id integer references customers, placed_on date);
insert into orders select n, 1 + n % 1000, date '2026-01-01' + n % 300 from generate_series(1, 1000) as n;
create table items (order_id integer references orders, name text, price numeric);
create index on items (order_id);
insert into items select 1 + n % 1000, 'item ' || n, n % 30 from generate_series(1, 3000) as n;
create table articles (id integer primary key, title text);
insert into articles select n, 'title ' || n from generate_series(1, 100) as n;
create table visits (id integer primary key, customer_id integer references customers);
insert into visits select n, 7 from generate_series(1, 20) as n;
analyze;
-- A customer looked up at each request, and no listing beside it:
-- times: 300
select name from customers where id = 7;
-- A listing of something else, which returns about as many rows:
-- times: 15
select title from articles order by id limit 20;
-- What one customer did: all of its rows have the same key.
-- times: 15
select id, customer_id from visits where customer_id = 7 order by id;
-- A listing, asked once for all:
-- times: 3
select o.id, c.name from orders o join customers c on c.id = o.customer_id order by o.id limit 100;
-- times: 3
select name from customers where id = any (array[1, 2, 3]);
