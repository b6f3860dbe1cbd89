select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
create index orders_status_code_idx on orders (status, code);
-- times: 30
select id from orders where status = 'open' and code = md5('2000');
