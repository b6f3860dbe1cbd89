alter policy "Service only" on visits using (auth.role() = 'service');
alter policy own on visits using (owner = lower(current_setting('app.user', true)));
alter policy writes on notes with check (owner = coalesce(auth.role(), 'nobody'));
alter policy own on notes using (owner = auth.role()) with check (owner = auth.role());
