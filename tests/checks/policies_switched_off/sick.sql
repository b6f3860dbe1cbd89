create table open (id integer);
create policy own on open using (id = 1);
create policy "of all" on open for select using (id = 2);
grant select on open to pg_monitor;
create table private (id integer);
create policy own on private using (id = 1);
