create index orders_code_idx on orders (code);
select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
-- times: 60
select id from orders where code = 'c4ca4238a0b923820dcc509a6f75849b';
-- times: 400
select phone from customers where id = 7;
