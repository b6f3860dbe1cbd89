create materialized view last_hour as select count(*) as events from events where at > now() - interval '1 hour';
create materialized view of_a_view as
select count(*) as events from moving having count(*) >= 0;
analyze last_hour;
