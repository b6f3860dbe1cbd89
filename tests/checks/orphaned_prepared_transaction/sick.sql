-- session: coordinator
begin;
-- session: coordinator
insert into orders values (2, 'new');
-- session: coordinator
prepare transaction 'order 2; left';
-- ends: coordinator
select 1;
