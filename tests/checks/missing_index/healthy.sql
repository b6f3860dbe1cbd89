create extension pg_stat_statements;
create table customers (id integer primary key, phone text);
insert into customers select n, 'phone ' || n from generate_series(1, 2000) as n;
create table small as select n as id, md5(n::text) as code from generate_series(1, 50) as n;
create table ledger as select n as id, n % 7 as amount from generate_series(1, 20000) as n;
analyze;
-- The index is there:
-- times: 300
select phone from customers where id = 7;
-- Reading all of it is the quickest way:
-- times: 100
select id from small where code = 'c4ca4238a0b923820dcc509a6f75849b';
-- All of it is asked for:
-- times: 30
select sum(amount) from ledger;
