create table orders (id int primary key, state text);
select pg_stat_reset();
-- times: 300
select 1;
-- A few errors are normal.
-- session: web
begin;
-- session: web
rollback;
