-- session: report
begin isolation level repeatable read;
-- session: report
select count(*) from orders;
-- times: 1500
select txid_current();
