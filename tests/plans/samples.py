"""Statements whose plans hold every kind of node that a test can have made, and what they need."""

SCHEMA = """
create table customers (id int primary key, region int not null, email text not null);
create table orders (
    id int primary key, customer_id int not null, status text not null, total numeric not null, placed date not null,
    note text
);
create table items (order_id int not null references orders, line int not null, sku text, primary key (order_id, line));
create table "Odd ""Names" (id int, "a b" text);
create table events (at date not null, kind int) partition by range (at);
create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
create table events_2 partition of events for values from ('2026-02-01') to ('2026-03-01');
create table events_3 partition of events for values from ('2026-03-01') to ('2026-04-01');
create table audit (what text);
insert into customers select n, n % 7, 'c' || n || '@example.org' from generate_series(1, 3000) n;
insert into orders select n, n % 3000 + 1, case when n % 50 = 0 then 'open' else 'paid' end, n % 991,
    date '2026-01-01' + n % 90, repeat('note ', 8) from generate_series(1, 20000) n;
insert into items select n, l, 'sku' || n % 100 from generate_series(1, 8000) n, generate_series(1, 2) l;
insert into "Odd ""Names" select n, 'x' from generate_series(1, 100) n;
insert into events select date '2026-01-01' + n % 90, n % 30 from generate_series(1, 9000) n;
create index orders_customer_idx on orders (customer_id);
create index orders_placed_idx on orders (placed);
create index "Odd Index" on "Odd ""Names" ("a b");
create function noted() returns trigger language plpgsql as $$
begin insert into audit values (tg_op); return null; end $$;
create trigger noted after insert or update on customers for each row execute function noted();
create extension postgres_fdw;
create table remote_target (id int, label text);
insert into remote_target select n, 'far' || n from generate_series(1, 500) n
"""

READING = {
    "index scan": "select * from orders where id = 77",
    "backward": "select * from orders order by id desc limit 5",
    "index only": "select id from orders where id between 10 and 300",
    "bitmap or": "select * from orders where customer_id in (3, 4) or placed = '2026-01-09'",
    "filter": "select * from orders where status = 'open' and total > 100 and note like '%note%'",
    "hash join": "select count(*) from orders join customers c on c.id = customer_id where region = 3",
    "left join": "select c.id, o.id from customers c left join orders o on o.customer_id = c.id and o.status = 'open'",
    "full join": "select count(*) from orders o full join customers c on c.id = o.id",
    "semi join": "select * from customers where exists (select from orders where customer_id = customers.id and "
    "total = 7)",
    "anti join": "select * from customers c where not exists (select from orders o where o.customer_id = c.id)",
    "merge join": "select * from orders o join items i on i.order_id = o.id order by o.id, i.line",
    "sub-plan": "select id, (select max(total) from orders o where o.customer_id = c.id) from customers c where "
    "id < 50",
    "hashed sub-plan": "select * from customers where id not in (select customer_id from orders where total > 900)",
    "init plan": "select * from orders where total = (select max(total) from orders) order by id",
    "two init plans": "select (select count(*) from items), (select min(region) from customers), id from orders limit "
    "3",
    "cte": "with w as materialized (select * from orders where total > 500) select * from w a join w b using (id) "
    "where a.status = 'open'",
    "recursive": "with recursive r(n) as (select 1 union all select n + 1 from r where n < 40) select sum(n) from r",
    "nested cte": "with a as materialized (select id from orders), b as materialized (select id from a where id < 900) "
    "select count(*) from b",
    "aggregate": "select status, count(*) from orders group by status having count(*) > 3 order by 2",
    "group": "select customer_id from orders group by customer_id order by customer_id limit 10",
    "grouping sets": "select status, placed, count(*) from orders group by grouping sets ((status, placed), "
    "(status), ())",
    "rollup": "select region, id, count(*) from customers group by rollup (region, id)",
    "distinct": "select distinct customer_id, status from orders",
    "union": "select id from customers union select id from orders",
    "except": "select id from orders except all select order_id from items",
    "intersect": "select id from orders intersect select order_id from items",
    "window": "select id, rank() over (partition by customer_id order by total) from orders",
    "window run": "select * from (select id, row_number() over (order by id) n from orders) s where n <= 3",
    "top n": "select * from orders order by total desc, id limit 7",
    "incremental sort": "select * from orders order by placed, total limit 2000",
    "spill": "select * from orders order by note, total",
    "values": "select * from (values (1, 'a'), (2, 'b')) v(n, t) join customers on id = n",
    "function": "select * from generate_series(1, 100) g where g % 3 = 0",
    "functions": "select * from rows from (generate_series(1, 3), generate_series(1, 5)) as f(a, b)",
    "set returning": "select generate_series(1, id) from customers where id < 5",
    "xmltable": "select * from json_array_elements('[1,2]') with ordinality",
    "sample": "select count(*) from orders tablesample bernoulli (10) repeatable (3)",
    "tid": "select * from orders where ctid = '(0,1)'",
    "lateral": "select * from customers c, lateral (select * from orders o where o.customer_id = c.id limit 2) l "
    "where region = 2",
    "memoize": "select count(*) from items i join orders o on o.id = i.order_id where line = 1",
    "partitions": "select kind, count(*) from events where at >= '2026-02-10' group by kind",
    "merge append": "select * from (select id from orders union all select id from customers) u order by id limit 10",
    "pruned": "select count(*) from events where at = (select date '2026-02-03')",
    "odd names": 'select "a b" from "Odd ""Names" "my table" where "a b" = \'x\' and id > 3',
    "one time filter": "select * from orders where now() < '2020-01-01' and id > 5",
    "lock": "select * from orders where id < 20 for update",
    "literal": "select * from orders where note = E'two\\nlines: of\\n  ->  text' and status = 'open'",
    "foreign": "select f.label, count(*) from far f join orders o on o.id = f.id group by f.label",
    "result": "select 1",
}
PARALLEL = {
    "parallel scan": "select count(*) from orders where total > 500",
    "parallel join": "select c.region, sum(total) from orders join customers c on c.id = customer_id group by c.region",
    "gather merge": "select * from orders order by note, total",
    "parallel init": "select count(*) from orders where total > (select avg(total) from items, orders o where o.id = "
    "order_id)",
    "parallel append": "select count(*) from events",
}
CHANGING = {
    "insert": "insert into customers select n, 1, 'new' from generate_series(90001, 90050) n",
    "update": "update customers set region = region where id < 100",
    "delete": "delete from orders where id > 19990 and id not in (select order_id from items)",
    "upsert": "insert into customers values (5, 1, 'x') on conflict (id) do update set email = 'y' where "
    "customers.id > 1",
    "update partitions": "update events set kind = 1 where at = '2026-02-01'",
    "returning cte": "with gone as (delete from audit returning what) select count(*) from gone",
    "unread cte": "with changed as (update customers set region = 3 where id < 60 returning id) select 1",
}
MERGING = {
    "merge": "merge into customers c using (select 7 as id) s on s.id = c.id when matched then update set region = 4 "
    "when not matched then insert values (s.id, 1, 'z')",
}
OPTIONS = (
    "costs",
    "verbose",
    "analyze, buffers",
    "analyze, buffers, verbose, settings",
    "analyze, timing off, summary off",
    "analyze, costs off",
)
FEW_OPTIONS = ("costs", "analyze, buffers, verbose, settings")


def foreign(port_and_socket: str, database: str) -> str:
    """A foreign table of the same server."""
    return f"""
    create server loop foreign data wrapper postgres_fdw options ({port_and_socket}, dbname '{database}');
    create user mapping for current_user server loop;
    create foreign table far (id int, label text) server loop options (table_name 'remote_target')
    """
