-- session: reader
begin;
-- session: reader
select id from orders where id = 1 for key share;
-- times: 200
select id from orders where id = 1 for key share;
