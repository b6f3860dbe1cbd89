-- The policies of analytics compute for every row what is the same for all; written so, they do it
-- once.
-- lock: ACCESS EXCLUSIVE; blocks everything on analytics, for an instant

set lock_timeout = '500ms';
set statement_timeout = 0;
begin;
alter policy "service role full access" on public.analytics using ((auth.role() = 'service_role'::text)) with check ((auth.role() = 'service_role'::text));
commit;
