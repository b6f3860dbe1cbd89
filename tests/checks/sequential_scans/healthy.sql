create extension pg_stat_statements;
create table small (id integer, phone text);
insert into small select n, 'phone ' || n from generate_series(1, 500) as n;
create table ledger as select n as id, n % 7 as amount from generate_series(1, 20000) as n;
create table indexed as select n as id, md5(n::text) as code from generate_series(1, 20000) as n;
create index on indexed (code);
create table rarely as select n as id, md5(n::text) as code from generate_series(1, 20000) as n;
analyze;
-- Small: reading all of it is the quickest way.
-- times: 60
select id from small where phone = 'phone 7';
-- Large, but all of it is asked for:
-- times: 60
select sum(amount) from ledger;
-- times: 60
select id from ledger;
-- Large, through an index:
-- times: 60
select id from indexed where code = 'c4ca4238a0b923820dcc509a6f75849b';
-- times: 3
select id from rarely where code = 'c4ca4238a0b923820dcc509a6f75849b';
-- Summed up often, and searched once by hand:
-- times: 60
select sum(id) from rarely;
