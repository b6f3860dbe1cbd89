create extension pg_stat_statements;
create table orders as
select n as id, md5(n::text) as code, case when n % 2 = 0 then 'open' else 'closed' end as status, n % 90 as day
from generate_series(1, 20000) as n;
create index on orders (day);
create index on orders (code);
create view plain as select id, code from orders where status = 'open';
create view narrow as select day, count(*) as orders from orders where day = 7 and code > 'ff' group by day;
create view seldom as select day, count(*) as orders from orders group by day;
create materialized view kept as select day, count(*) as orders from orders group by day;
analyze;
-- Much, but not summed up by the view:
-- times: 30
select count(*) from plain;
-- Summed up, but little:
-- times: 30
select * from narrow;
-- times: 3
select * from seldom;
-- times: 30
select * from kept;
-- Summed up by the statement, of which no view could be made:
-- times: 30
select status, count(*) from orders group by status;
