create index orders_code_idx on orders (code);
create index visits_code_idx on visits (code);
select pg_stat_reset();
select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
-- times: 60
select id from orders where code = 'c4ca4238a0b923820dcc509a6f75849b';
-- times: 60
select count(*) from visits_of_day;
-- times: 60
select sum(amount) from ledger;
