create table orders (id integer, owner text);
alter table orders enable row level security;
create policy own on orders using (owner = current_user) with check (true);
create policy everything_for_monitors on orders to pg_monitor using (true);
create policy narrower on orders as restrictive using (true);
create table open (id integer);
create policy sleeping on open using (true);
