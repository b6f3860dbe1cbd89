select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
select count(*) from orders o, customers c where o.status = 'open' and c.id = o.customer_id;
