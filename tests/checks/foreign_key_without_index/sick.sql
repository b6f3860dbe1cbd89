create table "Deleted parents" (id integer primary key);
insert into "Deleted parents" select n from generate_series(1, 200) as n;
create table orders (id integer primary key, parent integer, "Other parent" integer, state text);
insert into orders select n, n % 100 + 1, n % 100 + 1, 'new' from generate_series(1, 20000) as n;
alter table orders add constraint orders_parent_fkey foreign key (parent) references parents;
alter table orders
    add constraint "Orders to others" foreign key ("Other parent") references "Deleted parents";
-- A condition leaves out rows that the check of the foreign key must find:
create index on orders (parent) where state = 'old';
create index on orders (state, parent);
-- A list of three states finds a third of the table, so that an index on it is no more than a remark:
create table states (id integer primary key, name text);
insert into states values (1, 'new'), (2, 'paid'), (3, 'sent');
alter table orders add column state_id integer;
update orders set state_id = 1 + id % 3;
alter table orders add constraint orders_state_fkey foreign key (state_id) references states;
-- Soft deletes: the index that the application asks by leaves out the few rows that it does not want to see.
alter table orders add column holder integer, add column deleted_at date;
update orders set holder = 1 + id % 100, deleted_at = case when id % 50 = 0 then date '2026-01-01' end;
alter table orders add constraint orders_holder_fkey foreign key (holder) references parents;
create index on orders (holder, id) where deleted_at is null;
analyze;
delete from "Deleted parents" where id > 190;
