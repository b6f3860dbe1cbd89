create table orders (id int primary key, state text);
-- session: coordinator
begin;
-- session: coordinator
insert into orders values (1, 'new');
-- session: coordinator
prepare transaction 'quick';
-- session: coordinator
commit prepared 'quick';
