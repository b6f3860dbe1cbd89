-- A sequence of its own that nobody declared as owned, as migrations make it:
create sequence "Order Numbers";
select setval('"Order Numbers"', 1900000000);
create table "Orders" ("Id" integer primary key default nextval('"Order Numbers"'));
create sequence tickets;
select setval('tickets', 33000);
create table visits (ticket smallint default nextval('tickets'));
-- Numbers that the application makes:
create table imported (id integer primary key);
insert into imported select 1300000000 + n from generate_series(1, 1000) as n;
analyze;
