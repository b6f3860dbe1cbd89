create table a as select n as id, 0 as state from generate_series(1, 2000) as n;
create table b as select n as id, 0 as state from generate_series(1, 2000) as n;
create table c as select n as id, 0 as state from generate_series(1, 2000) as n;
create table d as select n as id, 0 as state from generate_series(1, 2000) as n;
vacuum analyze;
-- What autovacuum cannot lock, it leaves for the next time.
-- session: locker
begin;
-- session: locker
lock table a, b, c, d in share update exclusive mode;
alter system set autovacuum = 'on';
select pg_reload_conf();
-- until true
select setting = 'on' from pg_settings where name = 'autovacuum';
update a set state = 1;
