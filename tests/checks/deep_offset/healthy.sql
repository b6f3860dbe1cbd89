create extension pg_stat_statements;
create table orders as
select n as id, md5(n::text) as code, md5((-n)::text) as other,
       timestamptz '2026-01-01' + n * interval '1 minute' as placed_at
from generate_series(1, 20000) as n;
create index on orders (placed_at);
analyze;
-- The first page:
-- times: 30
select id from orders order by placed_at desc limit 10 offset 0;
-- No index gives this order, so the sort is what costs:
-- times: 30
select id from orders order by code limit 10 offset 20;
-- Many rows for many pages:
-- times: 30
select id, other from orders order by placed_at desc limit 10000 offset 10;
