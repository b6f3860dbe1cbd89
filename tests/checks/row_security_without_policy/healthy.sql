create table guarded (id integer);
alter table guarded enable row level security;
create policy own on guarded using (id = 1);
grant select on guarded to pg_monitor;
-- Restrictive policies alone refuse everything too, but somebody wrote them.
create table restricted (id integer);
alter table restricted enable row level security;
create policy never on restricted as restrictive using (id = 1);
create table plain (id integer);
grant select on plain to public;
