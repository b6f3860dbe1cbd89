create extension pg_stat_statements;
create table stored as select n as id, json_build_object('a', n) as data from generate_series(1, 3000) as n;
create table binary_one as select n as id, jsonb_build_object('a', n) as data from generate_series(1, 3000) as n;
create table indexed as select n as id, json_build_object('a', n) as data from generate_series(1, 3000) as n;
create index on indexed ((data ->> 'a'));
create table small as select n as id, json_build_object('a', n) as data from generate_series(1, 30) as n;
analyze;
-- times: 10
select data, data ->> 'a' from stored where id = 7 and data is not null;
-- times: 10
select id from binary_one where data ->> 'a' = '7';
-- times: 10
select id from indexed where data ->> 'a' = '7';
-- times: 10
select id from small where data ->> 'a' = '7';
