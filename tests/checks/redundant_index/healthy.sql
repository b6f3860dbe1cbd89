create table orders (id integer primary key, code integer, phone integer, state integer, note text);
insert into orders
select n, n * 7 % 60000, n * 11 % 60000, n % 3, repeat(md5(n::text), 12) from generate_series(1, 60000) as n;
-- The first keys of a longer one, but not replaceable by it:
create unique index on orders (code);
create index on orders (code, phone);
create index on orders (phone desc);
create index on orders (phone, state);
create index on orders (id, phone) where state = 1;
-- Not the first keys:
create index on orders (state, code);
-- The longer one is many times larger:
create table lines as select n as id, n * 7 % 60000 as code, repeat(md5(n::text), 12) as note from orders, lateral (select id as n) as one;
create index on lines (code);
create index on lines (code, note);
analyze;
