create schema auth;
create function auth.uid() returns integer language sql stable as $$ select current_setting('app.user', true)::integer $$;
create table indexed as select n as id, n % 500 as owner, n % 3 as state from generate_series(1, 2000) as n;
create index on indexed (owner, id);
alter table indexed enable row level security;
create policy own on indexed using (owner = (select auth.uid()));
-- Few values: no index would help.
create table few_values as select n as id, n % 3 as state from generate_series(1, 2000) as n;
alter table few_values enable row level security;
create policy own on few_values using (state = (select auth.uid()));
-- Everyone sees every row anyway:
create table open as select n as id, n % 500 as owner from generate_series(1, 2000) as n;
alter table open enable row level security;
create policy own on open using (owner = (select auth.uid()));
create policy everyone on open using (true);
-- Not always asked for, by membership only, of inserts only:
create table other_ways as select n as id, n % 500 as owner, n % 400 as team from generate_series(1, 2000) as n;
alter table other_ways enable row level security;
create policy either on other_ways using (owner = (select auth.uid()) or team = 1);
create policy member on other_ways using (team in (select state from few_values));
create policy adding on other_ways for insert with check (owner = auth.uid());
-- Beside it stands one that looks at each row anyway:
create table two_ways as select n as id, n % 500 as owner from generate_series(1, 2000) as n;
alter table two_ways enable row level security;
create policy own on two_ways using (owner = (select auth.uid()));
create policy odd on two_ways for select using (id % 2 = 1);
create policy any_change on two_ways for update using (auth.uid() > 0);
create policy any_deletion on two_ways for delete using (auth.uid() > 0);
create table small as select n as id, n as owner from generate_series(1, 100) as n;
alter table small enable row level security;
create policy own on small using (owner = (select auth.uid()));
create table sleeping as select n as id, n % 500 as owner from generate_series(1, 2000) as n;
create policy own on sleeping using (owner = (select auth.uid()));
analyze;
-- times: 60
select count(*) from indexed where state = 1;
-- times: 60
select count(*) from other_ways where id = 1;
