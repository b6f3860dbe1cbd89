create extension pg_stat_statements;
create table calls as
select n as id, md5(n::text) as phone, (n % 500)::text as city, nullif(n % 100, 0) as closed, md5((-n)::text) as code
from generate_series(1, 20000) as n;
create index on calls (code);
create table small as select * from calls limit 500;
analyze;
-- times: 30
select id from small where ('a'::text is null or phone = 'a');
-- A column that may be null is no filter that may be off:
-- times: 30
select id from calls where closed is null or closed = 7;
-- times: 30
select id from calls where phone = 'a' or city = 'b';
-- Planned with the value, and so by the index:
-- times: 30
select id from calls where ('a'::text is null or code = 'a');
