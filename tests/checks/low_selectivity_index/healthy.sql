set enable_seqscan = off;
create table orders as
select n as id, n % 4 as quarter, n % 5000 as customer,
       case when n % 100 = 0 then 'open' else 'closed' end as state, n % 2 as half, n % 3 as third
from generate_series(1, 20000) as n;
create index on orders (customer);
-- One value is rare:
create index on orders (state);
-- The beginning of a search goes on with the second key:
create index on orders (quarter, id);
-- Never scanned, and read only at its beginning:
create index on orders (half);
create index on orders (third);
analyze;
select count(*) from orders where customer = 7;
select count(*) from orders where state = 'open';
select count(*) from orders where quarter = 1 and id = 7;
-- times: 20
select id from orders where third = 1 limit 1;
