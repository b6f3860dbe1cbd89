alter policy "Service only" on visits to policy_for_everyone_service;
alter policy listed on listed using (owner = 'x');
alter policy checked on checked to policy_for_everyone_service with check (true);
