-- session: locker
begin;
-- session: locker
lock table a, b, c, d in share update exclusive mode;
update a set state = state + 1;
update b set state = state + 1;
update c set state = state + 1;
update d set state = state + 1;
