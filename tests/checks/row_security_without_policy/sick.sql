create table "Closed" (id integer);
alter table "Closed" enable row level security;
grant select on "Closed" to pg_monitor;
create table for_everyone (id integer);
alter table for_everyone enable row level security;
grant select, insert on for_everyone to public;
create table for_its_owner (id integer);
alter table for_its_owner enable row level security;
-- Granted to all by default, and meant for the one that policies do not bind:
create role row_security_without_policy_backend bypassrls;
create table for_the_backend (id integer);
alter table for_the_backend enable row level security;
grant select on for_the_backend to pg_monitor, row_security_without_policy_backend;
