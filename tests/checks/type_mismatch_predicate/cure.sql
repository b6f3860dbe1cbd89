select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
-- times: 30
select amount from orders where number = 77;
-- times: 30
select amount from orders where code = '77'::char(40);
-- times: 30
select o.amount from imports i join orders o on o.number = i.whole where i.batch = 77;
