create role policy_for_everyone_service;
create schema auth;
create function auth.role() returns text language sql stable as $$ select current_setting('app.role', true) $$;
create table orders as select n as id, 'policy_for_everyone_service'::text as owner, 'x'::text as state
from generate_series(1, 2000) as n;
create table small as select 1 as id;
alter table orders enable row level security;
alter table small enable row level security;
create policy named on orders to policy_for_everyone_service using ((select auth.role()) = 'policy_for_everyone_service');
-- The name of a role as a value of the row:
create policy of_the_row on orders for select using (owner = 'policy_for_everyone_service');
create policy of_another_word on orders for select using ((select auth.role()) = 'no role of this name');
create policy own on orders for update using (owner = current_user);
create policy shut on orders as restrictive for delete using (auth.role() = 'policy_for_everyone_service');
create policy service on small using (auth.role() = 'policy_for_everyone_service');
analyze;
