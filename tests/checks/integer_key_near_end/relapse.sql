alter table "Orders" alter column "Id" type integer;
alter table visits alter column ticket type smallint;
alter table imported alter column id type integer;
analyze;
