alter table "Visits" alter column "Data" type json;
drop view of_events;
alter table events alter column data type json;
create view of_events as select id, data from events;
