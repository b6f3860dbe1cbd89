create table guarded (id integer);
alter table guarded enable row level security;
create policy own on guarded using (id = 1);
grant select on guarded to pg_monitor;
create table plain (id integer);
grant select on plain to pg_monitor;
