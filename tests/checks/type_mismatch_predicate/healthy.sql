create extension pg_stat_statements;
create table orders as
select n as number, md5(n::text)::char(40) as code, md5(n::text)::varchar(40) as reference, n % 50 as amount,
       timestamptz '2026-01-01' + n * interval '1 minute' as placed_at
from generate_series(1, 20000) as n;
create index on orders (number);
create index on orders (code);
create index on orders (reference);
create index on orders (placed_at);
create table imports as select n::numeric as number, n as whole, n % 2000 as batch from generate_series(1, 20000) as n;
create index on imports (batch);
create index on imports (number);
create table small as select * from orders limit 500;
create index on small (number);
analyze;
-- times: 30
select amount from small where number::text = '77';
-- times: 30
select amount from orders where number = 77::bigint;
-- times: 30
select amount from orders where reference = '77'::text;
-- times: 30
select amount from orders where placed_at < '2026-01-01'::date;
-- times: 30
select o.amount from imports i join orders o on o.number = i.whole where i.batch = 77;
-- Everything is joined with everything, whatever the types:
-- times: 30
select count(*) from imports i join orders o on o.number = i.number;
