alter table "Sales" alter column shop type bigint, alter column small type bigint, alter column other type bigint;
alter table amounts alter column price type numeric(10, 2);
alter table few alter column code type varchar(10);
