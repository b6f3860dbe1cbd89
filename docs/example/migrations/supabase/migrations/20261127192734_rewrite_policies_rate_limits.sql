-- The policies of rate_limits compute for every row what is the same for all; written so, they do it
-- once.
-- lock: ACCESS EXCLUSIVE; blocks everything on rate_limits, for an instant

set local lock_timeout = '500ms';
set local statement_timeout = 0;
alter policy "service role full access" on public.rate_limits using ((SELECT auth.role()) = 'service_role'::text) with check ((SELECT auth.role()) = 'service_role'::text);
