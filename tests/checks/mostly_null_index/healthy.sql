set enable_seqscan = off;
create table orders as
select n as id, case when n % 50 = 0 then n end as parent, case when n % 2 = 0 then n end as half,
       case when n % 50 = 0 then n end as asked_for_nulls, case when n % 50 = 0 then n end as never
from generate_series(1, 20000) as n;
create index on orders (parent) where parent is not null;
create index on orders (half);
create index on orders (asked_for_nulls);
create index on orders (never);
create index on orders (parent, id);
create unique index on orders (parent);
analyze;
select count(*) from orders where parent = 50;
select count(*) from orders where half = 50;
select sum(id) from orders where asked_for_nulls is null;
select count(*) from orders where parent = 50 and id = 50;
