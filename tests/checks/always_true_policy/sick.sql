create table visits (id integer, owner text);
create table notes (id integer, owner text);
create table news (id integer, owner text);
alter table visits enable row level security;
alter table notes enable row level security;
alter table news enable row level security;
create policy "Anyone" on visits using (true);
create policy own on notes for select using (owner = current_user);
create policy readers on notes for select using (1 = 1 or owner = 'x');
create policy writers on notes for insert with check (true);
-- Public data are common, and here the other policy still decides who writes: worth knowing, no more.
create policy public_news on news for select using (true);
create policy own on news using (owner = current_user);
