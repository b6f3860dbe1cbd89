-- session: payments
rollback;
-- session: first
select 1;
-- session: second
select 1;
