select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0);
drop view sums_by_status;
create materialized view sums_by_status as select status, count(*) as orders from orders group by status;
-- times: 30
select * from sums_by_status;
