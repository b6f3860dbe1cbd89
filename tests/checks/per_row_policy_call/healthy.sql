create schema auth;
create function auth.role() returns text language sql stable as $$ select current_setting('app.role', true) $$;
create function auth.constant() returns text language sql immutable as $$ select 'x'::text $$;
create function auth.dice() returns boolean language sql volatile as $$ select random() < 2 $$;
create function auth.may_see(owner text) returns boolean language plpgsql stable as $$ begin return owner = 'x'; end $$;
create table orders as select n as id, 'x'::text as owner from generate_series(1, 20000) as n;
create table small as select n as id, 'x'::text as owner from generate_series(1, 200) as n;
alter table orders enable row level security;
alter table small enable row level security;
create policy wrapped on orders using ((select auth.role()) = 'service');
create policy of_the_row on orders using (auth.may_see(owner) and owner = current_user);
create policy computed_once on orders using (auth.constant() = owner);
create policy meant_to_differ on orders using (auth.dice());
create policy in_a_subquery on orders using (
    owner in (select member.owner from small as member where member.owner = (select auth.role()))
);
create policy few_rows on small using (auth.role() = 'service');
-- Row-level security that is not switched on costs nothing:
create table open as select n as id from generate_series(1, 20000) as n;
create policy sleeping on open using (auth.role() = 'service');
analyze;
