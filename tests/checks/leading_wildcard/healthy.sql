create extension pg_stat_statements;
create extension pg_trgm;
create table people as select n as id, 'name ' || md5(n::text) as name, 'nick ' || md5(n::text) as nick, n % 3 as kind
from generate_series(1, 20000) as n;
create index on people using gin (nick gin_trgm_ops);
create table small as select * from people limit 500;
create view small_ones as select id from small where name like '%ann%';
create view nicked as select id from people where nick ilike '%feedbeef%';
create view beginning as select id from people where name like 'ann%';
analyze;
-- times: 30
select id from small_ones;
-- times: 30
select id from nicked;
-- times: 30
select id from beginning;
-- The pattern is not seen, so nothing is said:
-- times: 30
select id from people where name like '%ann%';
