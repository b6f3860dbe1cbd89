-- Take the treatment back: database fortin, as seen at 2026-11-27T19:27:18.229615+00:00.
-- Planned cost of 21 statements: 6,238,240 before, 325,011 after.
-- Planned by PostgreSQL 18.6, the server's own version.
--
-- Run it outside a transaction, one statement after the other, on a direct connection (no transaction pooler):
--     psql -X -v ON_ERROR_STOP=1 -f THIS_FILE (not with -1, not with --single-transaction)
-- PostgreSQL refuses CONCURRENTLY inside a transaction. When a concurrent build ends with an error it leaves an
-- invalid index of that name: drop it with DROP INDEX CONCURRENTLY before running the statement again.
set statement_timeout = 0;

-- back from alter_system: setting shared_buffers
-- it is in the application: go back there

-- back from batched_writes: statement 9a1fa1cf474e86f4 on table public.vapi_calls
set lock_timeout = '500ms';
drop function public.write_vapi_calls(text[], text[], timestamp with time zone[], int[], text[], text[]);

-- back from create_materialized_view: materialized view public.analytics_by_day_event_type on table
--   public.analytics
-- all of it or nothing: nobody sees a part of it
begin;

set lock_timeout = '500ms';
drop function public.refresh_analytics_by_day_event_type(interval);

set lock_timeout = '500ms';
drop table public.analytics_by_day_event_type_state;

set lock_timeout = '500ms';
drop materialized view public.analytics_by_day_event_type;

commit;

-- back from create_index: index public.analytics_by_day_event_type_rest_idx on table public.analytics
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on analytics; reads and writes go
--   on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.analytics_by_day_event_type_rest_idx;

-- back from create_daily_sums: table public.vapi_calls_by_day on table public.vapi_calls
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_truncate on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_delete on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_update on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_insert on public.vapi_calls;

set lock_timeout = '500ms';
drop function public.refresh_vapi_calls_by_day();

set lock_timeout = '500ms';
drop function public.note_vapi_calls_by_day();

set lock_timeout = '500ms';
drop table public.vapi_calls_by_day_log;

set lock_timeout = '500ms';
drop table public.vapi_calls_by_day;

commit;

-- back from create_index: index public.vapi_calls_by_day_rest_idx on table public.vapi_calls
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on vapi_calls; reads and writes
--   go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.vapi_calls_by_day_rest_idx;

-- back from create_rollup: table public.vapi_calls_by_status on table public.vapi_calls
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_status_truncate on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_status_delete on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_status_update on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_status_insert on public.vapi_calls;

set lock_timeout = '500ms';
drop function public.fold_vapi_calls_by_status();

set lock_timeout = '500ms';
drop function public.note_vapi_calls_by_status();

set lock_timeout = '500ms';
drop view public.vapi_calls_by_status_now;

set lock_timeout = '500ms';
drop table public.vapi_calls_by_status_changes;

set lock_timeout = '500ms';
drop table public.vapi_calls_by_status;

commit;

-- back from create_rollup: table public.vapi_calls_by_day_priority on table public.vapi_calls
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_priority_truncate on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_priority_delete on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_priority_update on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_priority_insert on public.vapi_calls;

set lock_timeout = '500ms';
drop function public.fold_vapi_calls_by_day_priority();

set lock_timeout = '500ms';
drop function public.note_vapi_calls_by_day_priority();

set lock_timeout = '500ms';
drop view public.vapi_calls_by_day_priority_now;

set lock_timeout = '500ms';
drop table public.vapi_calls_by_day_priority_changes;

set lock_timeout = '500ms';
drop table public.vapi_calls_by_day_priority;

commit;

-- back from create_index: index public.vapi_calls_by_day_priority_rest_idx on table public.vapi_calls
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on vapi_calls; reads and writes
--   go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.vapi_calls_by_day_priority_rest_idx;

-- back from search_function: statement c10fc81577c7909d on table public.vapi_calls
set lock_timeout = '500ms';
drop function public.search_vapi_calls(text, text, timestamptz, timestamptz, bigint);

-- back from create_rollup: table public.vapi_calls_by_day_status on table public.vapi_calls
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_status_truncate on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_status_delete on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_status_update on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop trigger note_vapi_calls_by_day_status_insert on public.vapi_calls;

set lock_timeout = '500ms';
drop function public.fold_vapi_calls_by_day_status();

set lock_timeout = '500ms';
drop function public.note_vapi_calls_by_day_status();

set lock_timeout = '500ms';
drop view public.vapi_calls_by_day_status_now;

set lock_timeout = '500ms';
drop table public.vapi_calls_by_day_status_changes;

set lock_timeout = '500ms';
drop table public.vapi_calls_by_day_status;

commit;

-- back from n_plus_one: statement a4cdf5f7de2275c7 on table public.leads
-- it is in the application: go back there

-- back from drop_index: index public.idx_vapi_calls_call_id on table public.vapi_calls
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls; reads and
--   writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
CREATE INDEX CONCURRENTLY idx_vapi_calls_call_id ON public.vapi_calls USING btree (call_id);

-- back from vacuum: table public.rate_limits
-- nothing to give back

-- back from set_storage_parameters: table public.rate_limits
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on rate_limits, for an instant; reads and
--   writes go on
set lock_timeout = '500ms';
alter table public.rate_limits reset (autovacuum_vacuum_scale_factor);

-- back from vacuum: table public.vapi_calls
-- nothing to give back

-- back from set_storage_parameters: table public.vapi_calls
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on vapi_calls, for an instant; reads and writes
--   go on
set lock_timeout = '500ms';
alter table public.vapi_calls reset (autovacuum_vacuum_scale_factor);

-- back from rewrite_policies: table public.rate_limits
-- lock: ACCESS EXCLUSIVE; blocks everything on rate_limits, for an instant
set lock_timeout = '500ms';
alter policy "service role full access" on public.rate_limits using ((auth.role() = 'service_role'::text)) with check ((auth.role() = 'service_role'::text));

-- back from rewrite_policies: table public.analytics
-- lock: ACCESS EXCLUSIVE; blocks everything on analytics, for an instant
set lock_timeout = '500ms';
alter policy "service role full access" on public.analytics using ((auth.role() = 'service_role'::text)) with check ((auth.role() = 'service_role'::text));

-- back from rewrite_policies: table public.appointments
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
drop policy "service role full access (delete)" on public.appointments;

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
drop policy "service role full access (insert)" on public.appointments;

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
drop policy "service role full access (update)" on public.appointments;

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
drop policy "service role full access or staff can read appointment (select)" on public.appointments;

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
create policy "service role full access" on public.appointments as permissive for all to public using ((auth.role() = 'service_role'::text)) with check ((auth.role() = 'service_role'::text));

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
create policy "staff can read appointments" on public.appointments as permissive for select to public using ((auth.role() = 'authenticated'::text));

commit;

-- back from create_index: index public.appointments_customer_phone_idx on table public.appointments
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on appointments; reads and writes
--   go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.appointments_customer_phone_idx;

-- back from rewrite_policies: table public.leads
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on leads, for an instant
set lock_timeout = '500ms';
drop policy "service role full access or staff can read leads or staff can w" on public.leads;

-- lock: ACCESS EXCLUSIVE; blocks everything on leads, for an instant
set lock_timeout = '500ms';
create policy "service role full access" on public.leads as permissive for all to public using ((auth.role() = 'service_role'::text)) with check ((auth.role() = 'service_role'::text));

-- lock: ACCESS EXCLUSIVE; blocks everything on leads, for an instant
set lock_timeout = '500ms';
create policy "staff can read leads" on public.leads as permissive for select to public using ((auth.role() = 'authenticated'::text));

-- lock: ACCESS EXCLUSIVE; blocks everything on leads, for an instant
set lock_timeout = '500ms';
create policy "staff can work on leads" on public.leads as permissive for all to public using ((auth.role() = 'authenticated'::text));

commit;

-- back from create_index: index public.leads_created_at_idx on table public.leads
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on leads; reads and writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.leads_created_at_idx;

-- back from create_index: index public.appointments_preferred_date_idx on table public.appointments
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on appointments; reads and writes
--   go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.appointments_preferred_date_idx;

-- back from rewrite_policies: table public.call_logs
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
drop policy "service role full access (delete)" on public.call_logs;

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
drop policy "service role full access (insert)" on public.call_logs;

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
drop policy "service role full access (update)" on public.call_logs;

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
drop policy "service role full access or staff can read logs (select)" on public.call_logs;

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
create policy "service role full access" on public.call_logs as permissive for all to public using ((auth.role() = 'service_role'::text)) with check ((auth.role() = 'service_role'::text));

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
create policy "staff can read logs" on public.call_logs as permissive for select to public using ((auth.role() = 'authenticated'::text));

commit;

-- back from rewrite_policies: table public.vapi_calls
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop policy "service role full access (delete)" on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop policy "service role full access (insert)" on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop policy "service role full access (update)" on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop policy "service role full access or staff can read calls (select)" on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
create policy "service role full access" on public.vapi_calls as permissive for all to public using ((auth.role() = 'service_role'::text)) with check ((auth.role() = 'service_role'::text));

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
create policy "staff can read calls" on public.vapi_calls as permissive for select to public using ((auth.role() = 'authenticated'::text));

commit;

-- back from create_index: index public.call_logs_transcript_idx on table public.call_logs
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on call_logs; reads and writes go
--   on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.call_logs_transcript_idx;

-- back from create_index: index public.leads_status_created_at_idx on table public.leads
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on leads; reads and writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.leads_status_created_at_idx;

-- back from create_index: index public.leads_call_id_idx on table public.leads
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on leads; reads and writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.leads_call_id_idx;

-- back from create_index: index public.vapi_calls_created_at_phone_number_status_duration_idx on table
--   public.vapi_calls
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on vapi_calls; reads and writes
--   go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.vapi_calls_created_at_phone_number_status_duration_idx;

-- back from create_index: index public.call_logs_call_id_idx on table public.call_logs
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on call_logs; reads and writes go
--   on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.call_logs_call_id_idx;

-- back from create_index: index public.vapi_calls_created_at_priority_idx on table public.vapi_calls
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on vapi_calls; reads and writes
--   go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.vapi_calls_created_at_priority_idx;

-- back from create_index: index public.vapi_calls_phone_number_idx on table public.vapi_calls
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on vapi_calls; reads and writes
--   go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.vapi_calls_phone_number_idx;
