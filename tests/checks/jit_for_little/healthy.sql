create extension pg_stat_statements;
create table small as select n as a, n as b from generate_series(1, 100) as n;
alter system set jit = 'on';
select pg_reload_conf();
-- until true
select setting = 'on' from pg_settings where name = 'jit';
-- Too cheap to be compiled, by default.
-- times: 10
select count(*) from small where a = 1 and b > 2;
