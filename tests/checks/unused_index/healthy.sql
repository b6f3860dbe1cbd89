create table parents (id integer primary key);
insert into parents select n from generate_series(1, 100) as n;
create table visits (
    id integer primary key, parent integer references parents, code text, phone text, city text, excluded int4range
);
insert into visits
select n, n % 100 + 1, md5(n::text), md5((n + 1)::text), md5((n + 2)::text), int4range(n, n + 1)
from generate_series(1, 60000) as n;
-- Each of these has a duty, or is used, or is too small to matter.
create unique index on visits (code);
create index on visits (parent);
create index on visits (phone);
create index on visits (city);
cluster visits using visits_city_idx;
alter table visits add exclude using gist (excluded with &&) where (id < 100);
create table small (id integer);
create index on small (id);
create table parted (id integer, day date) partition by range (day);
create table parted_1 partition of parted for values from ('2026-01-01') to ('2026-02-01');
create table parted_2 partition of parted for values from ('2026-02-01') to ('2026-03-01');
insert into parted select n, date '2026-01-01' + n % 58 from generate_series(1, 120000) as n;
create index parted_id_idx on parted (id);
analyze;
select id from visits where phone = md5('7');
-- Used on one partition, so of use on all of them:
select id from parted_1 where id = 7;
