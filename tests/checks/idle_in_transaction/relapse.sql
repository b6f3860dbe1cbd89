-- session: web
-- times: 2
begin;
-- session: web
-- times: 2
select count(*) from orders;
-- session: failed
begin;
-- session: failed
update orders set state = 'paid' where id = 1;
