create table orders (id integer primary key, state integer);
insert into orders select n, 0 from generate_series(1, 2000) as n;
update orders set state = 1;
-- Only appended to:
create table events as select n as id from generate_series(1, 2000) as n;
create table small as select n as id from generate_series(1, 200) as n;
update small set id = id + 1;
create table identified (code integer not null unique, state integer);
insert into identified select n, 0 from generate_series(1, 2000) as n;
alter table identified replica identity using index identified_code_key;
update identified set state = 1;
