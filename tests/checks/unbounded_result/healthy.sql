create extension pg_stat_statements;
create table orders as
select n as id, md5(n::text) as code, case when n % 4 = 0 then 'open' else 'closed' end as status
from generate_series(1, 8000) as n;
analyze;
-- times: 30
select id, code from orders where status = 'closed' order by id limit 1500;
-- times: 30
select status, count(*) from orders group by status;
-- An export at night:
-- times: 2
select * from orders;
-- Of no table:
-- times: 30
select n from generate_series(1, 2000) as n;
