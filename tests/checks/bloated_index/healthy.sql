-- Fresh, loose by its fill factor, and grown at random: a B-tree is two thirds full then.
create table fresh as select n as id, n % 7 as state, md5(n::text) as code from generate_series(1, 10000) as n;
create index on fresh (id);
create index on fresh (state);
create index on fresh (code);
create index on fresh (id, code) where state = 3;
create index loose on fresh (id) with (fillfactor = 40);
create table grown (id uuid primary key);
insert into grown select md5(n::text)::uuid from generate_series(1, 10000) as n;
vacuum analyze;
-- Emptied a moment ago; vacuum comes first.
create table emptied as select n as id from generate_series(1, 10000) as n;
create index on emptied (id);
analyze emptied;
delete from emptied where id % 10 <> 0;
