-- session: one
set deadlock_timeout = '20ms';
-- session: two
set deadlock_timeout = '20ms';
-- session: one
begin;
-- session: two
begin;
-- session: one
update orders set state = 'a' where id = 1;
-- session: two
update orders set state = 'b' where id = 2;
-- session: one
-- waits
update orders set state = 'a' where id = 2;
-- session: two
-- waits
update orders set state = 'b' where id = 1;
-- session: one
rollback;
-- session: two
rollback;
-- ends: one two
-- until true
select deadlocks = 1 from pg_stat_database where datname = current_database();
