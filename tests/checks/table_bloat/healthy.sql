create type pair as (a bigint, b text);
create domain short as varchar(20);
-- Freshly loaded rows of all sorts need what they need.
create table plain as select n as id, n as amount, true as flag from generate_series(1, 20000) as n;
create table padded as
select true as a, n::bigint as b, true as c, n::float8 as d, 'x'::"char" as e, now() as f from generate_series(1, 20000) as n;
create table texts as select n as id, repeat('x', n % 300) as body from generate_series(1, 20000) as n;
create table skewed as
select n as id, case when n % 50 = 0 then repeat('y', 1900) else '' end as body from generate_series(1, 20000) as n;
create table nulls as
select n as id, nullif(n % 3, 0) as a, nullif(n % 7, 0) as b, null::text as c, null::numeric as d
from generate_series(1, 20000) as n;
create table documents as
select n as id, jsonb_build_object('id', n, 'tags', array[md5(n::text)], 'on', n % 2 = 0) as body
from generate_series(1, 20000) as n;
create table amounts as select n::numeric / 7 as a, n::numeric as b, (n || '.5')::numeric(12, 2) as c
from generate_series(1, 20000) as n;
create table mixed as
select array[n, n + 1] as a, row(n, 'b')::pair as b, ('s' || n)::short as c, '10.0.0.1'::inet as d,
       int4range(n, n + 5) as e, make_interval(secs => n) as f, gen_random_uuid() as g, 'abc'::char(10) as h,
       n::bit(12) as i, ('(' || n || ',1)')::point as j
from generate_series(1, 20000) as n;
create table roomy (id int, body text) with (fillfactor = 30);
insert into roomy select n, md5(n::text) from generate_series(1, 20000) as n;
create table long_values (id int, body text);
alter table long_values alter column body set storage external;
insert into long_values select n, repeat('z', 3000) from generate_series(1, 3000) as n;
create table wide as
select n as id, repeat('a', 600) as a, repeat('b', 600) as b, repeat('c', 600) as c from generate_series(1, 5000) as n;
create table narrow as select n % 2 = 0 as flag from generate_series(1, 20000) as n;
vacuum analyze;
-- Grown since it was analysed, and half of it dead, which is another illness.
insert into plain select n, n, true from generate_series(1, 20000) as n;
create table churned as select n as id, md5(n::text) as body from generate_series(1, 20000) as n;
analyze churned;
update churned set body = 'x' || body;
-- Columns that were dropped still take room in the rows that had them.
create table lean as select n as id, repeat('x', 400) as body from generate_series(1, 10000) as n;
alter table lean drop column body;
analyze lean;
