alter policy "Anyone" on visits to public;
create policy readers on notes for select using (1 = 1 or owner = 'x');
alter policy writers on notes with check (true);
alter table news enable row level security;
create policy public_news on news for select using (true);
