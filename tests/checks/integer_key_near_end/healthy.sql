create table small (id serial primary key, other integer);
insert into small (other) select n from generate_series(1, 100) as n;
create table large (id bigserial primary key);
select setval('large_id_seq', 2000000000);
-- The sequence is its own and ends with it: sequence_near_end says so.
create table own (id serial primary key);
select setval('own_id_seq', 2000000000);
-- Numbers without order are a hash, not a count.
create table hashed (id integer primary key);
insert into hashed
select distinct on (id) hashint4(n) & 2147483647 as id from generate_series(1, 1000) as n order by id;
create table shuffled as table hashed;
truncate hashed;
insert into hashed select id from shuffled order by md5(id::text);
-- Not a key at all:
create table measured as select 2000000000 + n as value from generate_series(1, 1000) as n;
-- One number of somebody's test at the end:
create table tested (id integer primary key);
insert into tested select n from generate_series(1, 1000) as n union all select 2147483647;
-- A sequence that stops in time, and one that starts again:
create sequence short maxvalue 1000;
create sequence round_and_round maxvalue 3000000000 cycle;
select setval('round_and_round', 2000000000);
create table stopped (id integer default nextval('short'), turn integer default nextval('round_and_round'));
analyze;
