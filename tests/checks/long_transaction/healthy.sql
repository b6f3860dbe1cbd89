create table orders (id int primary key, state text);
-- session: pool
select pg_sleep(0);
-- Idle in a transaction, which is another illness.
-- session: web
begin;
-- session: web
select count(*) from orders;
