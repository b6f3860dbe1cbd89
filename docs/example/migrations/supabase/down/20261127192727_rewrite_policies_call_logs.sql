-- The policies of call_logs compute for every row what is the same for all; written so, they do it
-- once.
-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant

set lock_timeout = '500ms';
set statement_timeout = 0;
begin;
drop policy "service role full access (delete)" on public.call_logs;
drop policy "service role full access (insert)" on public.call_logs;
drop policy "service role full access (update)" on public.call_logs;
drop policy "service role full access or staff can read logs (select)" on public.call_logs;
create policy "service role full access" on public.call_logs as permissive for all to public using ((auth.role() = 'service_role'::text)) with check ((auth.role() = 'service_role'::text));
create policy "staff can read logs" on public.call_logs as permissive for select to public using ((auth.role() = 'authenticated'::text));
commit;
