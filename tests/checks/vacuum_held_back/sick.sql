-- session: report
begin isolation level repeatable read;
-- session: report
select count(*) from orders;
-- ends: young
-- times: 1500
select txid_current();
