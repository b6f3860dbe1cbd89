create extension pg_stat_statements;
create table customers (id integer primary key, phone text);
insert into customers select n, 'phone ' || n from generate_series(1, 1000) as n;
create table nightly as select n as id, md5(n::text) as digest from generate_series(1, 200000) as n;
create index on nightly (digest);
create function write_nightly(digests text[]) returns void language sql as
    $$ insert into nightly select n, digest from unnest(digests) with ordinality as batch (digest, n) $$;
analyze;
-- A habit, but quick:
-- times: 400
select phone from customers where id = 7;
-- Slow, but a batch of many rows:
-- times: 6
insert into nightly select n, md5(n::text) from generate_series(1, 20000) as n;
-- The same by a function, which tells nobody how many rows it writes:
-- times: 6
select write_nightly(array(select md5(n::text) from generate_series(1, 20000) as n));
-- Slow, but a batch job and not a habit:
-- times: 2
select count(distinct digest) from nightly;
