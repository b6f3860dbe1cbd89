alter policy "Service only" on visits using ((select auth.role()) = 'service');
alter policy own on visits using (owner = (select lower(current_setting('app.user', true))));
alter policy writes on notes with check (owner = coalesce((select auth.role()), 'nobody'));
alter policy own on notes using (owner = (select auth.role())) with check (owner = (select auth.role()));
