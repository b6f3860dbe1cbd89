-- The policies of rate_limits compute for every row what is the same for all; written so, they do it
-- once.
-- lock: ACCESS EXCLUSIVE; blocks everything on rate_limits, for an instant

set lock_timeout = '500ms';
set statement_timeout = 0;
begin;
alter policy "service role full access" on public.rate_limits using ((auth.role() = 'service_role'::text)) with check ((auth.role() = 'service_role'::text));
commit;
