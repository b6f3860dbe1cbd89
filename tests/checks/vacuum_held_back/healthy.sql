create table orders as select n as id, 0 as state from generate_series(1, 1000) as n;
-- Idle in a transaction that has no snapshot any more, which is another illness.
-- session: web
begin;
-- session: web
select count(*) from orders;
-- A new transaction that sees everything that is alive.
-- times: 1500
select txid_current();
-- session: young
begin isolation level repeatable read;
-- session: young
select count(*) from orders;
