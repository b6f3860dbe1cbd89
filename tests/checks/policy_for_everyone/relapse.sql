alter policy "Service only" on visits to public;
alter policy listed on listed using (auth.role() in ('nobody', 'policy_for_everyone_service'));
alter policy checked on checked to public with check ('policy_for_everyone_service' = current_user);
