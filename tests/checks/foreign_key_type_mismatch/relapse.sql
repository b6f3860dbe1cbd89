alter table "Sales" alter column shop type integer, alter column small type integer, alter column other type smallint;
alter table amounts alter column price type integer;
alter table few alter column code type char(10);
analyze;
