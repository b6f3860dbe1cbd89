create table visits as select n as id, 'x'::text as owner from generate_series(1, 20000) as n;
create table notes as select n as id, 'x'::text as owner from generate_series(1, 5000) as n;
alter table visits enable row level security;
alter table notes enable row level security;
create policy "Service only" on visits using (auth.role() = 'service');
create policy own on visits for select using (owner = lower(current_setting('app.user', true)));
create policy writes on notes for insert with check (owner = coalesce(auth.role(), 'nobody'));
create policy own on notes for update using (owner = auth.role()) with check (owner = auth.role());
analyze;
