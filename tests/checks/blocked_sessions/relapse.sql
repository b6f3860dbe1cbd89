-- session: payments
begin;
-- session: payments
update orders set state = 'paid' where id = 1;
-- session: first
-- waits
update orders set state = 'void' where id = 1;
-- until true
select count(*) = 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database();
-- session: second
-- waits
update orders set state = 'gone' where id = 1;
-- until true
select count(*) = 2 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database();
