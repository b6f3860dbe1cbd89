create table visits as select n as id, 'x'::text as owner from generate_series(1, 2000) as n;
alter table visits enable row level security;
create policy "Service only" on visits using (auth.role() = 'policy_for_everyone_service');
create policy another on visits using (owner = 'x');
create table listed as table visits;
alter table listed enable row level security;
create policy listed on listed for select using (
    owner = 'x' and (select auth.role()) in ('nobody', 'policy_for_everyone_service')
);
create table checked as table visits;
alter table checked enable row level security;
create policy checked on checked for insert with check ('policy_for_everyone_service' = current_user);
analyze;
