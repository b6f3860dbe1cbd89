create table orders (id integer primary key, code integer);
-- Somebody's own choice of names:
create index orders_ccnew on orders (code);
create index orders_ccold1 on orders (code, id);
insert into orders select n, 1 from generate_series(1, 10) as n;
-- fails: could not create unique index
create unique index concurrently orders_code_key on orders (code);
