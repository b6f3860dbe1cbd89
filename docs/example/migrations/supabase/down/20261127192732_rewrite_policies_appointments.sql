-- The policies of appointments compute for every row what is the same for all; written so, they do it
-- once.
-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant

set lock_timeout = '500ms';
set statement_timeout = 0;
begin;
drop policy "service role full access (delete)" on public.appointments;
drop policy "service role full access (insert)" on public.appointments;
drop policy "service role full access (update)" on public.appointments;
drop policy "service role full access or staff can read appointment (select)" on public.appointments;
create policy "service role full access" on public.appointments as permissive for all to public using ((auth.role() = 'service_role'::text)) with check ((auth.role() = 'service_role'::text));
create policy "staff can read appointments" on public.appointments as permissive for select to public using ((auth.role() = 'authenticated'::text));
commit;
