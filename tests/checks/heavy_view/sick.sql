create view sums_by_status as select status, count(*) as orders from orders group by status;
-- times: 30
select * from sums_by_status;
