create table orders (id int primary key, state text);
insert into orders values (1, 'new'), (2, 'new');
-- Two who lock different rows do not wait for each other.
-- session: clerk
begin;
-- session: clerk
update orders set state = 'paid' where id = 2;
