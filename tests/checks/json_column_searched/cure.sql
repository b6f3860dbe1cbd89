alter table "Visits" alter column "Data" type jsonb;
drop view of_events;
alter table events alter column data type jsonb;
create view of_events as select id, data from events;
