-- The policies of vapi_calls compute for every row what is the same for all; written so, they do it
-- once.
-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant

set local lock_timeout = '500ms';
set local statement_timeout = 0;
drop policy "service role full access" on public.vapi_calls;
drop policy "staff can read calls" on public.vapi_calls;
create policy "service role full access (delete)" on public.vapi_calls as permissive for delete to public using ((SELECT auth.role()) = 'service_role'::text);
create policy "service role full access (insert)" on public.vapi_calls as permissive for insert to public with check ((SELECT auth.role()) = 'service_role'::text);
create policy "service role full access (update)" on public.vapi_calls as permissive for update to public using ((SELECT auth.role()) = 'service_role'::text);
create policy "service role full access or staff can read calls (select)" on public.vapi_calls as permissive for select to public using ((SELECT auth.role()) IN ('service_role'::text, 'authenticated'::text));
