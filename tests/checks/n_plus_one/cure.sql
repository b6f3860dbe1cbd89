select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
-- times: 10
select o.id, c.name, c.phone from orders o join customers c on c.id = o.customer_id order by o.placed_on desc limit 60;
-- times: 4
select * from items where order_id = any (array[1, 2, 3, 4]);
