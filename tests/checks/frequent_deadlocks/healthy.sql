create table orders (id int primary key, state text);
insert into orders values (1, 'new'), (2, 'new');
select pg_stat_reset();
-- Waiting for each other's rows in one order ends by itself.
-- session: one
begin;
-- session: one
update orders set state = 'a' where id = 1;
-- session: two
-- waits
update orders set state = 'b' where id = 1;
-- session: one
commit;
-- session: two
select 1;
