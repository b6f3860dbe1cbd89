create extension pg_stat_statements;
create table orders (id integer, status text);
create table customers (id integer, name text);
create view first as select * from orders;
create view second as select f.*, c.name from first f join customers c on c.id = f.id;
create view third as select * from second;
create materialized view kept as select * from third;
create view over_kept as select * from kept;
