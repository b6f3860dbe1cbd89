-- session: web
-- times: 2
commit;
-- ends: failed
select count(*) from orders;
