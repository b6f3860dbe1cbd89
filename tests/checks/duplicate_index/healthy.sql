create table orders (id integer primary key, code text, phone text, state text, data jsonb);
insert into orders
select n, md5(n::text), md5((n + 1)::text), n % 3, jsonb_build_object('n', n) from generate_series(1, 20000) as n;
-- Alike at first sight, but each of these does something that no other does.
create index on orders (code);
create index on orders (code desc nulls last, phone);
create index on orders (code, phone);
create index on orders (phone, code);
create index on orders (code text_pattern_ops);
create index on orders (code collate "C");
create index on orders (code) where state = '1';
create index on orders (code) where state = '2';
create index on orders (code) include (phone);
create index on orders using hash (code);
create index on orders using gin (data);
create index on orders using gin (data jsonb_path_ops);
create table small (id integer primary key, code text);
create index on small (code);
create index on small (code);
analyze;
