alter table "Orders" alter column "Id" type bigint;
alter table visits alter column ticket type bigint;
alter table imported alter column id type bigint;
