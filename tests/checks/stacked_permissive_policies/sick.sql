create table "Visits" as select n as id, 'x'::text as owner from generate_series(1, 2000) as n;
alter table "Visits" enable row level security;
create policy everything on "Visits" using (owner = current_user);
create policy reading on "Visits" for select to pg_monitor using (id = 1);
analyze;
