create table notes (id integer, owner text);
alter table notes enable row level security;
create policy own on notes using (owner = current_user);
create table plain (id integer);
grant select on notes, plain to pg_monitor;
create view unguarded as select id from plain;
grant select on unguarded to pg_monitor;
create view for_its_owner as select id from notes;
-- A role that policies do not bind sees the same rows either way.
create role view_past_row_security_backend bypassrls;
grant select on for_its_owner, notes to view_past_row_security_backend;
-- Owned by a role that the policies bind:
create role view_past_row_security_reader;
grant select on notes to view_past_row_security_reader;
create view bound as select id from notes;
alter view bound owner to view_past_row_security_reader;
grant select on bound to pg_monitor;
