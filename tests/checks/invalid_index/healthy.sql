create table orders (id integer primary key, code integer);
insert into orders select n, n % 10 from generate_series(1, 100) as n;
create index concurrently on orders (code);
create table parted (id integer, day date) partition by range (day);
create table parted_1 partition of parted for values from ('2026-01-01') to ('2026-02-01');
create index on parted (id);
