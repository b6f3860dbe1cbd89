create extension pg_stat_statements;
create table delays (id integer primary key, seconds float8);
insert into delays values (1, 0), (2, 0.3);
-- Always slow:
-- times: 3
select pg_sleep(seconds) as always from delays where id = 2;
-- Always quick:
-- times: 200
select seconds from delays where id = 1;
