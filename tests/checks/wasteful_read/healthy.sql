create extension pg_stat_statements;
create table orders as
select n as id, case when n between 1001 and 5000 then 'open' else 'closed' end as status, md5(n::text) as code
from generate_series(1, 40000) as n;
create index on orders (status);
alter table orders add primary key (id);
analyze;
-- As many pages, for as many rows as that:
-- times: 30
select id, code from orders where status = 'open';
-- Summed up: few rows are what was wanted.
-- times: 30
select count(code) from orders where status = 'open';
-- From end to end, which is found elsewhere:
-- times: 30
select id from orders where code = md5('7');
-- times: 30
select code from orders where id = 7;
