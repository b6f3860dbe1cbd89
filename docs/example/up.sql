-- Apply the treatment: database fortin, as seen at 2026-11-27T19:27:18.229615+00:00.
-- Planned cost of 21 statements: 6,238,240 before, 325,011 after.
-- Planned by PostgreSQL 18.6, the server's own version.
--
-- Run it outside a transaction, one statement after the other, on a direct connection (no transaction pooler):
--     psql -X -v ON_ERROR_STOP=1 -f THIS_FILE (not with -1, not with --single-transaction)
-- PostgreSQL refuses CONCURRENTLY inside a transaction. When a concurrent build ends with an error it leaves an
-- invalid index of that name: drop it with DROP INDEX CONCURRENTLY before running the statement again.
set statement_timeout = 0;

-- create_index: index public.vapi_calls_phone_number_idx on table public.vapi_calls (now, risk low)
-- 4 statements would use it
-- share of the workload: 25 %
-- rows written into it: 10,006
-- size: 3.11 MB, built in about 1.9 s (estimated)
-- planned gain: cost 90,399 -> 1,848 for select id, call_id, status, started_at, duration, priority,
--   recording_url from vapi_calls where phone_number = $1 order by created_at desc limit $2
-- planned gain: cost 77,222 -> 320 for select id, call_id, status, started_at, duration, priority, recording_url
--   from vapi_calls where phone_number = $1 order by created_at desc limit $2
-- planned gain: cost 78,148 -> 338 for select id, call_id, phone_number, status, priority, started_at, duration
--   from vapi_calls where ($1::text is null or phone_number = $1) and ($2::text is null or status = $2) and
--   ($3::timestamptz is null or created_at >= $3) and ($4::timestamptz is null or created_at < $4) order by
--   created_at desc li…
-- planned gain: cost 77,277 -> 1,854 for select id, call_id, status, started_at, ended_at, duration, priority,
--   priority_reason, analysis from vapi_calls where phone_number = $1 order by created_at desc
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls; reads and
--   writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently vapi_calls_phone_number_idx on public.vapi_calls (phone_number);

-- create_index: index public.vapi_calls_created_at_priority_idx on table public.vapi_calls (now, risk low)
-- 4 statements would use it
-- share of the workload: 20 %
-- rows written into it: 10,006
-- size: 8.37 MB, built in about 1.9 s (estimated)
-- planned gain: cost 87,731 -> 516 for select c.id, c.call_id, c.phone_number, c.status, c.started_at, l.id as
--   lead_id, l.name, l.status as lead_status from (select * from vapi_calls order by created_at desc limit $1) c
--   left join leads l on l.call_id = c.call_id order by c.created_at desc
-- planned gain: cost 81,687 -> 78.7 for select id, call_id, phone_number, status, started_at, duration from
--   vapi_calls order by created_at desc limit $1
-- planned gain: cost 78,148 -> 338 for select id, call_id, phone_number, status, priority, started_at, duration
--   from vapi_calls where ($1::text is null or phone_number = $1) and ($2::text is null or status = $2) and
--   ($3::timestamptz is null or created_at >= $3) and ($4::timestamptz is null or created_at < $4) order by
--   created_at desc li…
-- planned gain: cost 79,103 -> 27,583 for select id, call_id, phone_number, started_at, priority_reason,
--   sla_seconds from vapi_calls where priority = $2 and created_at >= $1 order by created_at desc
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls; reads and
--   writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently vapi_calls_created_at_priority_idx on public.vapi_calls (created_at, priority);

-- create_index: index public.call_logs_call_id_idx on table public.call_logs (now, risk low)
-- 2 statements would use it
-- share of the workload: 15 %
-- rows written into it: 0
-- size: 15.2 MB, built in about 1.5 s (estimated)
-- planned gain: cost 37,349 -> 12.5 for select id, status, duration, summary, tool_calls, created_at from
--   call_logs where call_id = $1 order by created_at
-- planned gain: cost 64,723 -> 12.6 for select id, status, duration, summary, tool_calls, created_at from
--   call_logs where call_id = $1 order by created_at
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on call_logs; reads and
--   writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently call_logs_call_id_idx on public.call_logs (call_id);

-- create_index: index public.vapi_calls_created_at_phone_number_status_duration_idx on table public.vapi_calls
--   (now, risk low)
-- 2 statements would use it
-- share of the workload: 12 %
-- rows written into it: 10,036
-- size: 16.2 MB, built in about 2 s (estimated)
-- planned gain: cost 77,222 -> 320 for select id, call_id, status, started_at, duration, priority, recording_url
--   from vapi_calls where phone_number = $1 order by created_at desc limit $2
-- planned gain: cost 78,735 -> 13,006 for select count(*) as calls, avg(duration) as average_duration,
--   percentile_cont($2) within group (order by duration) as median_duration, percentile_cont($3) within group
--   (order by duration) as p95_duration, count(distinct phone_number) as distinct_callers from vapi_calls where
--   created_at >= $1 and sta…
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls; reads and
--   writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently vapi_calls_created_at_phone_number_status_duration_idx on public.vapi_calls (created_at, phone_number, status, duration);

-- create_index: index public.leads_call_id_idx on table public.leads (now, risk low)
-- 2 statements would use it
-- share of the workload: 41 %
-- rows written into it: 0
-- size: 7.99 MB, built in about 200 ms (estimated)
-- planned gain: cost 6,038 -> 48.5 for SELECT call_id, id, name, status, estimated_value FROM unnest($1::text[])
--   WITH ORDINALITY asked(key, place), leads WHERE call_id = asked.key ORDER BY asked.place
-- planned gain: cost 87,731 -> 516 for select c.id, c.call_id, c.phone_number, c.status, c.started_at, l.id as
--   lead_id, l.name, l.status as lead_status from (select * from vapi_calls order by created_at desc limit $1) c
--   left join leads l on l.call_id = c.call_id order by c.created_at desc
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads and writes
--   go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently leads_call_id_idx on public.leads (call_id) include (id, name, estimated_value, status);

-- create_index: index public.leads_status_created_at_idx on table public.leads (now, risk low)
-- 2 statements would use it
-- share of the workload: 3 %
-- rows written into it: 0
-- size: 13.7 MB, built in about 300 ms (estimated)
-- planned gain: cost 6,401 -> 491 for select id, name, phone, email, service_type, urgency_level,
--   estimated_value, city, created_at from leads where status = $1 and created_at >= $2 order by created_at desc
-- planned gain: cost 11,552 -> 720 for select id, name, phone, email, service_type, urgency_level,
--   estimated_value, city, created_at from leads where status = $1 and created_at >= $2 order by created_at desc
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads and writes
--   go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently leads_status_created_at_idx on public.leads (status, created_at) include (id, phone, email, name, service_type, urgency_level, city, estimated_value);

-- create_index: index public.call_logs_transcript_idx on table public.call_logs (now, risk low)
-- 1 statement would use it
-- share of the workload: 2.9 %
-- rows written into it: 0
-- size: 5.11 MB, built in about 1.8 s (estimated)
-- planned gain: cost 37,513 -> 4,214 for select call_id, created_at, summary from call_logs where transcript @>
--   $1 order by created_at desc
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on call_logs; reads and
--   writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently call_logs_transcript_idx on public.call_logs using gin (transcript jsonb_path_ops);

-- rewrite_policies: table public.vapi_calls (now, risk low)
-- The policies of vapi_calls compute for every row what is the same for all; written so, they do it once.
-- table: vapi_calls
-- policies: 2
-- policies_after: 4
-- equal_rows: can be shown by one query
-- role: service_role
-- reading_all_before: 89,657 (planned)
-- reading_all_after: 78,405 (planned)
-- planned gain: cost 90,402 -> 79,150 for select count(*) from vapi_calls where status = $1
-- planned gain: cost 90,399 -> 79,148 for select id, call_id, status, started_at, duration, priority,
--   recording_url from vapi_calls where phone_number = $1 order by created_at desc limit $2
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop policy "service role full access" on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
drop policy "staff can read calls" on public.vapi_calls;

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
create policy "service role full access (delete)" on public.vapi_calls as permissive for delete to public using ((SELECT auth.role()) = 'service_role'::text);

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
create policy "service role full access (insert)" on public.vapi_calls as permissive for insert to public with check ((SELECT auth.role()) = 'service_role'::text);

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
create policy "service role full access (update)" on public.vapi_calls as permissive for update to public using ((SELECT auth.role()) = 'service_role'::text);

-- lock: ACCESS EXCLUSIVE; blocks everything on vapi_calls, for an instant
set lock_timeout = '500ms';
create policy "service role full access or staff can read calls (select)" on public.vapi_calls as permissive for select to public using ((SELECT auth.role()) IN ('service_role'::text, 'authenticated'::text));

commit;

-- rewrite_policies: table public.call_logs (now, risk low)
-- The policies of call_logs compute for every row what is the same for all; written so, they do it once.
-- table: call_logs
-- policies: 2
-- policies_after: 4
-- equal_rows: can be shown by one query
-- role: service_role
-- reading_all_before: 42,514 (planned)
-- reading_all_after: 20,015 (planned)
-- planned gain: cost 64,723 -> 42,224 for select id, status, duration, summary, tool_calls, created_at from
--   call_logs where call_id = $1 order by created_at
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
drop policy "service role full access" on public.call_logs;

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
drop policy "staff can read logs" on public.call_logs;

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
create policy "service role full access (delete)" on public.call_logs as permissive for delete to public using ((SELECT auth.role()) = 'service_role'::text);

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
create policy "service role full access (insert)" on public.call_logs as permissive for insert to public with check ((SELECT auth.role()) = 'service_role'::text);

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
create policy "service role full access (update)" on public.call_logs as permissive for update to public using ((SELECT auth.role()) = 'service_role'::text);

-- lock: ACCESS EXCLUSIVE; blocks everything on call_logs, for an instant
set lock_timeout = '500ms';
create policy "service role full access or staff can read logs (select)" on public.call_logs as permissive for select to public using ((SELECT auth.role()) IN ('service_role'::text, 'authenticated'::text));

commit;

-- create_index: index public.appointments_preferred_date_idx on table public.appointments (now, risk low)
-- 3 statements would use it
-- share of the workload: 0.5 %
-- rows written into it: 0
-- size: 224 kB, built in about 0 ms (estimated)
-- planned gain: cost 1,104 -> 13.3 for select id, customer_name, customer_phone, service_type, preferred_time,
--   urgency from appointments where status = $2 and preferred_date = $1 order by preferred_time
-- planned gain: cost 1,103 -> 31.5 for select id, service_type, preferred_date, preferred_time, status from
--   appointments where customer_phone = $1 and preferred_date >= $2 order by preferred_date
-- planned gain: cost 2,303 -> 16.4 for select id, customer_name, customer_phone, service_type, preferred_time,
--   urgency from appointments where status = $2 and preferred_date = $1 order by preferred_time
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on appointments; reads and
--   writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently appointments_preferred_date_idx on public.appointments (preferred_date);

-- create_index: index public.leads_created_at_idx on table public.leads (now, risk low)
-- 1 statement would use it
-- share of the workload: 0.5 %
-- rows written into it: 0
-- size: 4.41 MB, built in about 200 ms (estimated)
-- planned gain: cost 6,200 -> 1,073 for select service_type, count(*) as leads, count(*) filter (where status =
--   $2) as converted, round($3 * count(*) filter (where status = $4) / count(*), $5) as conversion_rate from
--   leads where created_at >= $1 group by service_type order by leads desc, service_type limit $6
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on leads; reads and writes
--   go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently leads_created_at_idx on public.leads (created_at) include (service_type, status);

-- rewrite_policies: table public.leads (now, risk low)
-- The policies of leads compute for every row what is the same for all; written so, they do it once.
-- table: leads
-- policies: 3
-- policies_after: 1
-- equal_rows: can be shown by one query
-- role: service_role
-- reading_all_before: 7,323 (planned)
-- reading_all_after: 2,147 (planned)
-- planned gain: cost 11,552 -> 6,376 for select id, name, phone, email, service_type, urgency_level,
--   estimated_value, city, created_at from leads where status = $1 and created_at >= $2 order by created_at desc
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on leads, for an instant
set lock_timeout = '500ms';
drop policy "service role full access" on public.leads;

-- lock: ACCESS EXCLUSIVE; blocks everything on leads, for an instant
set lock_timeout = '500ms';
drop policy "staff can read leads" on public.leads;

-- lock: ACCESS EXCLUSIVE; blocks everything on leads, for an instant
set lock_timeout = '500ms';
drop policy "staff can work on leads" on public.leads;

-- lock: ACCESS EXCLUSIVE; blocks everything on leads, for an instant
set lock_timeout = '500ms';
create policy "service role full access or staff can read leads or staff can w" on public.leads as permissive for all to public using ((SELECT auth.role()) IN ('service_role'::text, 'authenticated'::text));

commit;

-- create_index: index public.appointments_customer_phone_idx on table public.appointments (now, risk low)
-- 1 statement would use it
-- share of the workload: 0.2 %
-- rows written into it: 0
-- size: 776 kB, built in about 0 ms (estimated)
-- planned gain: cost 1,103 -> 31.5 for select id, service_type, preferred_date, preferred_time, status from
--   appointments where customer_phone = $1 and preferred_date >= $2 order by preferred_date
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on appointments; reads and
--   writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently appointments_customer_phone_idx on public.appointments (customer_phone);

-- rewrite_policies: table public.appointments (now, risk low)
-- The policies of appointments compute for every row what is the same for all; written so, they do it once.
-- table: appointments
-- policies: 2
-- policies_after: 4
-- equal_rows: can be shown by one query
-- role: service_role
-- reading_all_before: 2,119 (planned)
-- reading_all_after: 994 (planned)
-- planned gain: cost 2,303 -> 1,178 for select id, customer_name, customer_phone, service_type, preferred_time,
--   urgency from appointments where status = $2 and preferred_date = $1 order by preferred_time
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
drop policy "service role full access" on public.appointments;

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
drop policy "staff can read appointments" on public.appointments;

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
create policy "service role full access (delete)" on public.appointments as permissive for delete to public using ((SELECT auth.role()) = 'service_role'::text);

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
create policy "service role full access (insert)" on public.appointments as permissive for insert to public with check ((SELECT auth.role()) = 'service_role'::text);

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
create policy "service role full access (update)" on public.appointments as permissive for update to public using ((SELECT auth.role()) = 'service_role'::text);

-- lock: ACCESS EXCLUSIVE; blocks everything on appointments, for an instant
set lock_timeout = '500ms';
create policy "service role full access or staff can read appointment (select)" on public.appointments as permissive for select to public using ((SELECT auth.role()) IN ('service_role'::text, 'authenticated'::text));

commit;

-- rewrite_policies: table public.analytics (now, risk low)
-- The policies of analytics compute for every row what is the same for all; written so, they do it once.
-- table: analytics
-- policies: 1
-- policies_after: 1
-- equal_rows: can be shown by one query
-- role: service_role
-- reading_all_before: 13,892 (planned)
-- reading_all_after: 8,642 (planned)
-- lock: ACCESS EXCLUSIVE; blocks everything on analytics, for an instant
set lock_timeout = '500ms';
alter policy "service role full access" on public.analytics using ((SELECT auth.role()) = 'service_role'::text) with check ((SELECT auth.role()) = 'service_role'::text);

-- rewrite_policies: table public.rate_limits (now, risk low)
-- The policies of rate_limits compute for every row what is the same for all; written so, they do it once.
-- table: rate_limits
-- policies: 1
-- policies_after: 1
-- equal_rows: can be shown by one query
-- role: service_role
-- reading_all_before: 213 (planned)
-- reading_all_after: 126 (planned)
-- lock: ACCESS EXCLUSIVE; blocks everything on rate_limits, for an instant
set lock_timeout = '500ms';
alter policy "service role full access" on public.rate_limits using ((SELECT auth.role()) = 'service_role'::text) with check ((SELECT auth.role()) = 'service_role'::text);

-- set_storage_parameters: table public.vapi_calls (now, risk low)
-- vapi_calls has 53,338 dead rows beside 300,040 living ones: autovacuum comes to it too late.
-- table: vapi_calls
-- rows: 300,040 (estimated)
-- dead: 53,338
-- share: 15 % (estimated)
-- changed: 12
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on vapi_calls, for an instant; reads and writes
--   go on
set lock_timeout = '500ms';
alter table public.vapi_calls set (autovacuum_vacuum_scale_factor = '0.01');

-- vacuum: table public.vapi_calls (now, risk low)
-- 15 % of the row versions in vapi_calls are dead: 53,338 of them are cleared now.
-- table: vapi_calls
-- dead: 53,338
-- share: 15 % (estimated)
-- size: built in about 6.6 s (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on vapi_calls; reads and writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
vacuum (analyze) public.vapi_calls;

-- set_storage_parameters: table public.rate_limits (now, risk low)
-- rate_limits has 893 dead rows beside 5,000 living ones: autovacuum comes to it too late.
-- table: rate_limits
-- rows: 5,000 (estimated)
-- dead: 893
-- share: 15 % (estimated)
-- changed: 0
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on rate_limits, for an instant; reads and
--   writes go on
set lock_timeout = '500ms';
alter table public.rate_limits set (autovacuum_vacuum_scale_factor = '0.01');

-- vacuum: table public.rate_limits (now, risk low)
-- 15 % of the row versions in rate_limits are dead: 893 of them are cleared now.
-- table: rate_limits
-- dead: 893
-- share: 15 % (estimated)
-- size: built in about 0 ms (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on rate_limits; reads and writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
vacuum (analyze) public.rate_limits;

-- drop_index: index public.idx_vapi_calls_call_id on table public.vapi_calls (now, risk medium)
-- The index idx_vapi_calls_call_id of vapi_calls repeats vapi_calls_call_id_key and takes 12.1 MB.
-- index: idx_vapi_calls_call_id
-- table: vapi_calls
-- kept: vapi_calls_call_id_key
-- size: 12.1 MB
-- sql: CREATE INDEX idx_vapi_calls_call_id ON public.vapi_calls USING btree (call_id)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on vapi_calls; reads and writes
--   go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
drop index concurrently public.idx_vapi_calls_call_id;

-- n_plus_one: statement a4cdf5f7de2275c7 on table public.leads (this week, risk medium)
-- leads is asked by call_id once for each row that vapi_calls lists; one look-up for all of them saves 594 of
--   600 calls.
-- table: leads
-- key: call_id
-- parent: vapi_calls
-- calls: 600
-- calls_saved: 594
-- listing: f1e301a801f45308
-- listing_text: select id, call_id, phone_number, status, started_at, duration from vapi_calls order by
--   created_at desc limit $1
-- rows_per_listing: 100
-- planned gain: cost 118,500 -> 6,039 for select call_id, id, name, status, estimated_value from leads where
--   call_id = $1
-- in your application: Collect the keys of the listing, look all of them up at once, and group the rows by their
--   key.
-- instead of select call_id, id, name, status, estimated_value from leads where call_id = $1
-- ask
--     SELECT call_id, id, name, status, estimated_value FROM unnest($1::text[]) WITH ORDINALITY asked(key,
--     place), leads WHERE call_id = asked.key ORDER BY asked.place
-- one run for up to 100 calls; prove compares the rows
-- nothing is run in the database for it

-- create_rollup: table public.vapi_calls_by_day_status on table public.vapi_calls (this week, risk medium)
-- Sums of vapi_calls are asked for 3,609 times a day, and 834 rows change between two of them: kept by triggers
--   they are exact, and cost 0.5 % of what they cost now, as planned.
-- table: vapi_calls
-- asks: 3,609
-- changes: 834
-- share: 0.5 % (planned)
-- rows: 1,240 (estimated)
-- writes: 1,508,667
-- upkeep: 0.6 % (estimated)
-- size: 136 kB (estimated)
-- planned gain: cost 77,274 -> 396 for select count(*) from vapi_calls where created_at >= $1
-- planned gain: cost 77,401 -> 401 for select count(*) as calls, count(*) filter (where status = $2) as missed
--   from vapi_calls where created_at >= $1
-- in your application: Read the kept sums instead of the table: they are exact at every moment. Let a timer call
--   the function that folds their differences every minute; drop them before a column that they are of is
--   changed.
-- instead of select count(*) from vapi_calls where created_at >= $1
-- ask
--     SELECT COALESCE(pg_catalog.sum(rows), 0)::bigint AS count FROM (SELECT day, rows FROM
--     public.vapi_calls_by_day_status_now WHERE day >= pg_catalog.date_trunc('day', ($1::timestamptz + '24
--     hours'::interval) - '1 microsecond'::interval, 'UTC') UNION ALL SELECT pg_catalog.date_trunc('day',
--     created_at, 'UTC') AS day, pg_catalog.count(*) AS rows FROM public.vapi_calls WHERE created_at >= $1 AND
--     created_at < pg_catalog.date_trunc('day', ($1::timestamptz + '24 hours'::interval) - '1
--     microsecond'::interval, 'UTC') GROUP BY 1) vapi_calls
-- prove compares the rows
-- instead of select count(*) as calls, count(*) filter (where status = $2) as missed from vapi_calls where
--   created_at >= $1
-- ask
--     SELECT COALESCE(pg_catalog.sum(rows), 0)::bigint AS calls, COALESCE(pg_catalog.sum(rows) FILTER (WHERE
--     status = $2), 0)::bigint AS missed FROM (SELECT day, status, rows FROM public.vapi_calls_by_day_status_now
--     WHERE day >= pg_catalog.date_trunc('day', ($1::timestamptz + '24 hours'::interval) - '1
--     microsecond'::interval, 'UTC') UNION ALL SELECT pg_catalog.date_trunc('day', created_at, 'UTC') AS day,
--     status, pg_catalog.count(*) AS rows FROM public.vapi_calls WHERE created_at >= $1 AND created_at <
--     pg_catalog.date_trunc('day', ($1::timestamptz + '24 hours'::interval) - '1 microsecond'::interval, 'UTC')
--     GROUP BY 1, 2) vapi_calls
-- prove compares the rows
-- all of it or nothing: nobody sees a part of it
begin;

set lock_timeout = '500ms';
create table public.vapi_calls_by_day_status as select pg_catalog.date_trunc('day', created_at, 'UTC') as day, status, pg_catalog.count(*) as rows from public.vapi_calls group by 1, 2 with no data;

set lock_timeout = '500ms';
create table public.vapi_calls_by_day_status_changes as select pg_catalog.date_trunc('day', created_at, 'UTC') as day, status, pg_catalog.count(*) as rows from public.vapi_calls group by 1, 2 with no data;

set lock_timeout = '500ms';
alter table public.vapi_calls_by_day_status_changes set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

set lock_timeout = '500ms';
create index on public.vapi_calls_by_day_status (day, status);

set lock_timeout = '500ms';
create view public.vapi_calls_by_day_status_now as select day, status, rows from public.vapi_calls_by_day_status union all select day, status, rows from public.vapi_calls_by_day_status_changes;

set lock_timeout = '500ms';
revoke all on public.vapi_calls_by_day_status, public.vapi_calls_by_day_status_changes, public.vapi_calls_by_day_status_now from public, authenticated, service_role;

set lock_timeout = '500ms';
create function public.note_vapi_calls_by_day_status() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
begin
    case tg_op
    when 'INSERT' then
        insert into public.vapi_calls_by_day_status_changes (day, status, rows) select pg_catalog.date_trunc('day', created_at, 'UTC') as day, status, pg_catalog.count(*) as rows from new_rows group by 1, 2 having pg_catalog.count(*) > 0;
    when 'DELETE' then
        insert into public.vapi_calls_by_day_status_changes (day, status, rows) select pg_catalog.date_trunc('day', created_at, 'UTC') as day, status, -pg_catalog.count(*) as rows from old_rows group by 1, 2 having pg_catalog.count(*) > 0;
    when 'UPDATE' then
        insert into public.vapi_calls_by_day_status_changes (day, status, rows)
        select day, status, pg_catalog.sum(rows) from (select pg_catalog.date_trunc('day', created_at, 'UTC') as day, status, pg_catalog.count(*) as rows from new_rows group by 1, 2 having pg_catalog.count(*) > 0 union all select pg_catalog.date_trunc('day', created_at, 'UTC') as day, status, -pg_catalog.count(*) as rows from old_rows group by 1, 2 having pg_catalog.count(*) > 0) as cells group by day, status having coalesce(pg_catalog.sum(rows), 0) <> 0;
    when 'TRUNCATE' then
        -- No writer is under way while the table is truncated; the folder may be, and ends by itself.
        perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_day_status', 0));
        if pg_catalog.current_setting('transaction_isolation') = 'read committed' then
            delete from public.vapi_calls_by_day_status_changes;
            delete from public.vapi_calls_by_day_status;
        else
            -- An older snapshot does not show all that is to go. Waiting for readers could be a deadlock.
            lock table public.vapi_calls_by_day_status_changes, public.vapi_calls_by_day_status in access exclusive mode nowait;
            truncate public.vapi_calls_by_day_status_changes, public.vapi_calls_by_day_status;
        end if;
    end case;
    return null;
end
$function$;

set lock_timeout = '500ms';
create function public.fold_vapi_calls_by_day_status() returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
declare
    moved bigint;
begin
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_day_status', 0)) then
        return 0;
    end if;
    with taken as (
        delete from public.vapi_calls_by_day_status_changes returning day, status, rows
    ), before as (
        delete from public.vapi_calls_by_day_status as cells using (select distinct day, status from taken) as touched where cells.day = touched.day and cells.status = touched.status returning cells.day, cells.status, cells.rows
    ),
    unknown as (
        delete from public.vapi_calls_by_day_status as cells using (select distinct day, status from taken) as touched where (touched.day is null or touched.status is null) and (cells.day = touched.day or cells.day is null and touched.day is null) and (cells.status = touched.status or cells.status is null and touched.status is null) returning cells.day, cells.status, cells.rows
    ), written as (
        insert into public.vapi_calls_by_day_status (day, status, rows)
        select day, status, pg_catalog.sum(rows) from (select day, status, rows from taken union all select day, status, rows from before union all select day, status, rows from unknown) as cells group by day, status having coalesce(pg_catalog.sum(rows), 0) <> 0
    )
    select pg_catalog.count(*) into moved from taken;
    return moved;
end
$function$;

set lock_timeout = '500ms';
revoke all on function public.fold_vapi_calls_by_day_status() from public;

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_status_insert after insert on public.vapi_calls referencing new table as new_rows for each statement execute function public.note_vapi_calls_by_day_status();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_status_update after update on public.vapi_calls referencing old table as old_rows new table as new_rows for each statement execute function public.note_vapi_calls_by_day_status();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_status_delete after delete on public.vapi_calls referencing old table as old_rows for each statement execute function public.note_vapi_calls_by_day_status();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_status_truncate after truncate on public.vapi_calls for each statement execute function public.note_vapi_calls_by_day_status();

commit;

-- not in a transaction; again and again until it finds no more rows, committed each time
set lock_timeout = '500ms';
do $body1$
declare
  handled bigint;
begin
  loop
    execute $$
with known as (delete from public.vapi_calls_by_day_status_changes where not exists (select from public.vapi_calls_by_day_status)) insert into public.vapi_calls_by_day_status (day, status, rows) select pg_catalog.date_trunc('day', created_at, 'UTC') as day, status, pg_catalog.count(*) as rows from public.vapi_calls where not exists (select from public.vapi_calls_by_day_status) group by 1, 2 having pg_catalog.count(*) > 0
$$;
    get diagnostics handled = row_count;
    commit;
    exit when handled = 0;
  end loop;
end
$body1$;

set lock_timeout = '500ms';
analyze public.vapi_calls_by_day_status;

-- search_function: statement c10fc81577c7909d on table public.vapi_calls (this week, risk medium)
-- One plan of a search in vapi_calls serves every combination of filters (phone_number, status, created_at); a
--   function plans for those that are on.
-- table: vapi_calls
-- columns: phone_number, status, created_at
-- calls: 6
-- planned gain: cost 16,782 -> 53.4 for select id, call_id, phone_number, status, priority, started_at, duration
--   from vapi_calls where ($1::text is null or phone_number = $1) and ($2::text is null or status = $2) and
--   ($3::timestamptz is null or created_at >= $3) and ($4::timestamptz is null or created_at < $4) order by
--   created_at desc li…
-- in your application: Call the function in place of the statement; a filter that is off is null, as before.
-- instead of select id, call_id, phone_number, status, priority, started_at, duration from vapi_calls where
--   ($1::text is null or phone_number = $1) and ($2::text is null or status = $2) and ($3::timestamptz is null
--   or created_at >= $3) and ($4::timestamptz is null or created_at < $4) order by created_at desc li…
-- ask
--     select * from public.search_vapi_calls($1::text, $2::text, $3::timestamptz, $4::timestamptz, $5::bigint)
-- prove compares the rows
set lock_timeout = '500ms';
create function public.search_vapi_calls(phone_number_wanted text, status_wanted text, created_at_from timestamptz, created_at_before timestamptz, rows_wanted bigint) returns table (id uuid, call_id text, phone_number text, status text, priority text, started_at timestamp with time zone, duration int)
language plpgsql stable security invoker
set search_path = public, pg_temp
as $$
begin
    return query execute
        'SELECT id, call_id, phone_number, status, priority, started_at, duration FROM vapi_calls WHERE true'
        || case when $1 is null then '' else ' and (phone_number = $1)' end
        || case when $2 is null then '' else ' and (status = $2)' end
        || case when $3 is null then '' else ' and (created_at >= $3)' end
        || case when $4 is null then '' else ' and (created_at < $4)' end
        || ' ORDER BY created_at DESC LIMIT $5'
        using $1, $2, $3, $4, $5;
end
$$;

-- create_index: index public.vapi_calls_by_day_priority_rest_idx on table public.vapi_calls (this week, risk
--   low)
-- the sums of whole days kept in vapi_calls_by_day_priority want what lies before and after them
-- size: 13.7 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls; reads and
--   writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently vapi_calls_by_day_priority_rest_idx on public.vapi_calls (started_at) include (duration, priority, status);

-- create_rollup: table public.vapi_calls_by_day_priority on table public.vapi_calls (this week, risk medium)
-- Sums of vapi_calls are asked for 1,804 times a day, and 1,669 rows change between two of them: kept by
--   triggers they are exact, and cost 0.1 % of what they cost now, as planned.
-- table: vapi_calls
-- asks: 1,804
-- changes: 1,669
-- share: 0.1 % (planned)
-- rows: 1,464 (estimated)
-- writes: 1,508,667
-- upkeep: 1.6 % (estimated)
-- size: 168 kB (estimated)
-- planned gain: cost 78,016 -> 88.4 for select priority, calls, average_duration, completed_calls from
--   priority_distribution
-- in your application: Read the kept sums instead of the table: they are exact at every moment. Let a timer call
--   the function that folds their differences every minute; drop them before a column that they are of is
--   changed.
-- instead of select priority, calls, average_duration, completed_calls from priority_distribution
-- ask
--     SELECT priority, calls, average_duration, completed_calls FROM (SELECT priority,
--     COALESCE(pg_catalog.sum(rows), 0)::bigint AS calls, pg_catalog.sum(sum_duration) /
--     (NULLIF(pg_catalog.sum(count_duration), 0)) AS average_duration,
--     COALESCE(pg_catalog.sum(rows_status_completed), 0)::bigint AS completed_calls FROM (SELECT day, priority,
--     rows, rows_status_completed, sum_duration, count_duration FROM public.vapi_calls_by_day_priority_now WHERE
--     day >= pg_catalog.date_trunc('day', ((current_date - 7)::timestamptz + '24 hours'::interval) - '1
--     microsecond'::interval, 'UTC') UNION ALL SELECT pg_catalog.date_trunc('day', started_at, 'UTC') AS day,
--     priority, pg_catalog.count(*) AS rows, pg_catalog.count(*) FILTER (WHERE status = 'completed'::text) AS
--     rows_status_completed, pg_catalog.sum(duration) AS sum_duration, pg_catalog.count(duration) AS
--     count_duration FROM public.vapi_calls WHERE started_at >= (current_date - 7) AND started_at <
--     pg_catalog.date_trunc('day', ((current_date - 7)::timestamptz + '24 hours'::interval) - '1
--     microsecond'::interval, 'UTC') GROUP BY 1, 2) vapi_calls GROUP BY priority HAVING pg_catalog.sum(rows) > 0
--     ORDER BY priority) priority_distribution(priority, calls, average_duration, completed_calls)
-- prove compares the rows
-- all of it or nothing: nobody sees a part of it
begin;

set lock_timeout = '500ms';
create table public.vapi_calls_by_day_priority as select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, pg_catalog.count(*) as rows, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration from public.vapi_calls group by 1, 2 with no data;

set lock_timeout = '500ms';
create table public.vapi_calls_by_day_priority_changes as select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, pg_catalog.count(*) as rows, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration from public.vapi_calls group by 1, 2 with no data;

set lock_timeout = '500ms';
alter table public.vapi_calls_by_day_priority_changes set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

set lock_timeout = '500ms';
create index on public.vapi_calls_by_day_priority (day, priority);

set lock_timeout = '500ms';
create view public.vapi_calls_by_day_priority_now as select day, priority, rows, rows_status_completed, sum_duration, count_duration from public.vapi_calls_by_day_priority union all select day, priority, rows, rows_status_completed, sum_duration, count_duration from public.vapi_calls_by_day_priority_changes;

set lock_timeout = '500ms';
revoke all on public.vapi_calls_by_day_priority, public.vapi_calls_by_day_priority_changes, public.vapi_calls_by_day_priority_now from public, authenticated, service_role;

set lock_timeout = '500ms';
create function public.note_vapi_calls_by_day_priority() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
begin
    case tg_op
    when 'INSERT' then
        insert into public.vapi_calls_by_day_priority_changes (day, priority, rows, rows_status_completed, sum_duration, count_duration) select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, pg_catalog.count(*) as rows, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration from new_rows group by 1, 2 having pg_catalog.count(*) > 0;
    when 'DELETE' then
        insert into public.vapi_calls_by_day_priority_changes (day, priority, rows, rows_status_completed, sum_duration, count_duration) select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, -pg_catalog.count(*) as rows, -pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, -pg_catalog.sum(duration) as sum_duration, -pg_catalog.count(duration) as count_duration from old_rows group by 1, 2 having pg_catalog.count(*) > 0;
    when 'UPDATE' then
        insert into public.vapi_calls_by_day_priority_changes (day, priority, rows, rows_status_completed, sum_duration, count_duration)
        select day, priority, pg_catalog.sum(rows), pg_catalog.sum(rows_status_completed), pg_catalog.sum(sum_duration), pg_catalog.sum(count_duration) from (select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, pg_catalog.count(*) as rows, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration from new_rows group by 1, 2 having pg_catalog.count(*) > 0 union all select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, -pg_catalog.count(*) as rows, -pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, -pg_catalog.sum(duration) as sum_duration, -pg_catalog.count(duration) as count_duration from old_rows group by 1, 2 having pg_catalog.count(*) > 0) as cells group by day, priority having coalesce(pg_catalog.sum(rows), 0) <> 0 or coalesce(pg_catalog.sum(rows_status_completed), 0) <> 0 or coalesce(pg_catalog.sum(sum_duration), 0) <> 0 or coalesce(pg_catalog.sum(count_duration), 0) <> 0;
    when 'TRUNCATE' then
        -- No writer is under way while the table is truncated; the folder may be, and ends by itself.
        perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_day_priority', 0));
        if pg_catalog.current_setting('transaction_isolation') = 'read committed' then
            delete from public.vapi_calls_by_day_priority_changes;
            delete from public.vapi_calls_by_day_priority;
        else
            -- An older snapshot does not show all that is to go. Waiting for readers could be a deadlock.
            lock table public.vapi_calls_by_day_priority_changes, public.vapi_calls_by_day_priority in access exclusive mode nowait;
            truncate public.vapi_calls_by_day_priority_changes, public.vapi_calls_by_day_priority;
        end if;
    end case;
    return null;
end
$function$;

set lock_timeout = '500ms';
create function public.fold_vapi_calls_by_day_priority() returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
declare
    moved bigint;
begin
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_day_priority', 0)) then
        return 0;
    end if;
    with taken as (
        delete from public.vapi_calls_by_day_priority_changes returning day, priority, rows, rows_status_completed, sum_duration, count_duration
    ), before as (
        delete from public.vapi_calls_by_day_priority as cells using (select distinct day, priority from taken) as touched where cells.day = touched.day and cells.priority = touched.priority returning cells.day, cells.priority, cells.rows, cells.rows_status_completed, cells.sum_duration, cells.count_duration
    ),
    unknown as (
        delete from public.vapi_calls_by_day_priority as cells using (select distinct day, priority from taken) as touched where (touched.day is null or touched.priority is null) and (cells.day = touched.day or cells.day is null and touched.day is null) and (cells.priority = touched.priority or cells.priority is null and touched.priority is null) returning cells.day, cells.priority, cells.rows, cells.rows_status_completed, cells.sum_duration, cells.count_duration
    ), written as (
        insert into public.vapi_calls_by_day_priority (day, priority, rows, rows_status_completed, sum_duration, count_duration)
        select day, priority, pg_catalog.sum(rows), pg_catalog.sum(rows_status_completed), pg_catalog.sum(sum_duration), pg_catalog.sum(count_duration) from (select day, priority, rows, rows_status_completed, sum_duration, count_duration from taken union all select day, priority, rows, rows_status_completed, sum_duration, count_duration from before union all select day, priority, rows, rows_status_completed, sum_duration, count_duration from unknown) as cells group by day, priority having coalesce(pg_catalog.sum(rows), 0) <> 0 or coalesce(pg_catalog.sum(rows_status_completed), 0) <> 0 or coalesce(pg_catalog.sum(sum_duration), 0) <> 0 or coalesce(pg_catalog.sum(count_duration), 0) <> 0
    )
    select pg_catalog.count(*) into moved from taken;
    return moved;
end
$function$;

set lock_timeout = '500ms';
revoke all on function public.fold_vapi_calls_by_day_priority() from public;

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_priority_insert after insert on public.vapi_calls referencing new table as new_rows for each statement execute function public.note_vapi_calls_by_day_priority();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_priority_update after update on public.vapi_calls referencing old table as old_rows new table as new_rows for each statement execute function public.note_vapi_calls_by_day_priority();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_priority_delete after delete on public.vapi_calls referencing old table as old_rows for each statement execute function public.note_vapi_calls_by_day_priority();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_priority_truncate after truncate on public.vapi_calls for each statement execute function public.note_vapi_calls_by_day_priority();

commit;

-- not in a transaction; again and again until it finds no more rows, committed each time
set lock_timeout = '500ms';
do $body1$
declare
  handled bigint;
begin
  loop
    execute $$
with known as (delete from public.vapi_calls_by_day_priority_changes where not exists (select from public.vapi_calls_by_day_priority)) insert into public.vapi_calls_by_day_priority (day, priority, rows, rows_status_completed, sum_duration, count_duration) select pg_catalog.date_trunc('day', started_at, 'UTC') as day, priority, pg_catalog.count(*) as rows, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration from public.vapi_calls where not exists (select from public.vapi_calls_by_day_priority) group by 1, 2 having pg_catalog.count(*) > 0
$$;
    get diagnostics handled = row_count;
    commit;
    exit when handled = 0;
  end loop;
end
$body1$;

set lock_timeout = '500ms';
analyze public.vapi_calls_by_day_priority;

-- create_rollup: table public.vapi_calls_by_status on table public.vapi_calls (this week, risk medium)
-- Sums of vapi_calls are asked for 1,804 times a day, and 1,669 rows change between two of them: kept by
--   triggers they are exact, and cost < 0.1 % of what they cost now, as planned.
-- table: vapi_calls
-- asks: 1,804
-- changes: 1,669
-- share: < 0.1 % (planned)
-- rows: 4 (estimated)
-- writes: 1,508,667
-- upkeep: 1.6 % (estimated)
-- size: 24 kB (estimated)
-- planned gain: cost 77,314 -> 2.13 for select count(*) from vapi_calls where status = $1
-- in your application: Read the kept sums instead of the table: they are exact at every moment. Let a timer call
--   the function that folds their differences every minute; drop them before a column that they are of is
--   changed.
-- instead of select count(*) from vapi_calls where status = $1
-- ask
--     SELECT COALESCE(pg_catalog.sum(rows), 0)::bigint AS count FROM (SELECT status, rows FROM
--     public.vapi_calls_by_status_now) vapi_calls WHERE status = $1
-- prove compares the rows
-- all of it or nothing: nobody sees a part of it
begin;

set lock_timeout = '500ms';
create table public.vapi_calls_by_status as select status, pg_catalog.count(*) as rows from public.vapi_calls group by 1 with no data;

set lock_timeout = '500ms';
create table public.vapi_calls_by_status_changes as select status, pg_catalog.count(*) as rows from public.vapi_calls group by 1 with no data;

set lock_timeout = '500ms';
alter table public.vapi_calls_by_status_changes set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

set lock_timeout = '500ms';
create index on public.vapi_calls_by_status (status);

set lock_timeout = '500ms';
create view public.vapi_calls_by_status_now as select status, rows from public.vapi_calls_by_status union all select status, rows from public.vapi_calls_by_status_changes;

set lock_timeout = '500ms';
revoke all on public.vapi_calls_by_status, public.vapi_calls_by_status_changes, public.vapi_calls_by_status_now from public, authenticated, service_role;

set lock_timeout = '500ms';
create function public.note_vapi_calls_by_status() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
begin
    case tg_op
    when 'INSERT' then
        insert into public.vapi_calls_by_status_changes (status, rows) select status, pg_catalog.count(*) as rows from new_rows group by 1 having pg_catalog.count(*) > 0;
    when 'DELETE' then
        insert into public.vapi_calls_by_status_changes (status, rows) select status, -pg_catalog.count(*) as rows from old_rows group by 1 having pg_catalog.count(*) > 0;
    when 'UPDATE' then
        insert into public.vapi_calls_by_status_changes (status, rows)
        select status, pg_catalog.sum(rows) from (select status, pg_catalog.count(*) as rows from new_rows group by 1 having pg_catalog.count(*) > 0 union all select status, -pg_catalog.count(*) as rows from old_rows group by 1 having pg_catalog.count(*) > 0) as cells group by status having coalesce(pg_catalog.sum(rows), 0) <> 0;
    when 'TRUNCATE' then
        -- No writer is under way while the table is truncated; the folder may be, and ends by itself.
        perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_status', 0));
        if pg_catalog.current_setting('transaction_isolation') = 'read committed' then
            delete from public.vapi_calls_by_status_changes;
            delete from public.vapi_calls_by_status;
        else
            -- An older snapshot does not show all that is to go. Waiting for readers could be a deadlock.
            lock table public.vapi_calls_by_status_changes, public.vapi_calls_by_status in access exclusive mode nowait;
            truncate public.vapi_calls_by_status_changes, public.vapi_calls_by_status;
        end if;
    end case;
    return null;
end
$function$;

set lock_timeout = '500ms';
create function public.fold_vapi_calls_by_status() returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
declare
    moved bigint;
begin
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_status', 0)) then
        return 0;
    end if;
    with taken as (
        delete from public.vapi_calls_by_status_changes returning status, rows
    ), before as (
        delete from public.vapi_calls_by_status as cells using (select distinct status from taken) as touched where cells.status = touched.status returning cells.status, cells.rows
    ),
    unknown as (
        delete from public.vapi_calls_by_status as cells using (select distinct status from taken) as touched where (touched.status is null) and (cells.status = touched.status or cells.status is null and touched.status is null) returning cells.status, cells.rows
    ), written as (
        insert into public.vapi_calls_by_status (status, rows)
        select status, pg_catalog.sum(rows) from (select status, rows from taken union all select status, rows from before union all select status, rows from unknown) as cells group by status having coalesce(pg_catalog.sum(rows), 0) <> 0
    )
    select pg_catalog.count(*) into moved from taken;
    return moved;
end
$function$;

set lock_timeout = '500ms';
revoke all on function public.fold_vapi_calls_by_status() from public;

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_status_insert after insert on public.vapi_calls referencing new table as new_rows for each statement execute function public.note_vapi_calls_by_status();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_status_update after update on public.vapi_calls referencing old table as old_rows new table as new_rows for each statement execute function public.note_vapi_calls_by_status();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_status_delete after delete on public.vapi_calls referencing old table as old_rows for each statement execute function public.note_vapi_calls_by_status();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_status_truncate after truncate on public.vapi_calls for each statement execute function public.note_vapi_calls_by_status();

commit;

-- not in a transaction; again and again until it finds no more rows, committed each time
set lock_timeout = '500ms';
do $body1$
declare
  handled bigint;
begin
  loop
    execute $$
with known as (delete from public.vapi_calls_by_status_changes where not exists (select from public.vapi_calls_by_status)) insert into public.vapi_calls_by_status (status, rows) select status, pg_catalog.count(*) as rows from public.vapi_calls where not exists (select from public.vapi_calls_by_status) group by 1 having pg_catalog.count(*) > 0
$$;
    get diagnostics handled = row_count;
    commit;
    exit when handled = 0;
  end loop;
end
$body1$;

set lock_timeout = '500ms';
analyze public.vapi_calls_by_status;

-- create_index: index public.vapi_calls_by_day_rest_idx on table public.vapi_calls (this week, risk low)
-- the sums of whole days kept in vapi_calls_by_day want what lies before and after them
-- size: 19.6 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on vapi_calls; reads and
--   writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently vapi_calls_by_day_rest_idx on public.vapi_calls (((started_at at time zone 'UTC')::date)) include (started_at, duration, phone_number, priority, status);

-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on vapi_calls; reads and writes go on
set lock_timeout = '500ms';
analyze public.vapi_calls;

-- create_daily_sums: table public.vapi_calls_by_day on table public.vapi_calls (this week, risk medium)
-- Sums of vapi_calls by day are asked for 1,804 times a day, and 1,669 rows change between two of them: kept for
--   days that rest they are exact, and cost 1.3 % of what they cost now, as planned.
-- table: vapi_calls
-- asks: 1,804
-- changes: 1,669
-- share: 1.3 % (planned)
-- rows: 366 (estimated)
-- writes: 1,508,667
-- refresh_cost: 2,505 (planned)
-- upkeep: 4.1 % (estimated)
-- size: 48 kB (estimated)
-- planned gain: cost 82,375 -> 1,034 for select call_date, total_calls, completed_calls, p1_calls, p2_calls,
--   average_duration, distinct_callers from daily_call_summary
-- in your application: Read the kept sums instead of the table: they are exact at every moment. Let a timer call
--   the function that makes changed days anew every minute; drop them before a column that they are of is
--   changed.
-- instead of select call_date, total_calls, completed_calls, p1_calls, p2_calls, average_duration,
--   distinct_callers from daily_call_summary
-- ask
--     SELECT call_date, total_calls, completed_calls, p1_calls, p2_calls, average_duration, distinct_callers
--     FROM (SELECT day AS call_date, COALESCE(pg_catalog.sum(rows), 0)::bigint AS total_calls,
--     COALESCE(pg_catalog.sum(rows_status_completed), 0)::bigint AS completed_calls,
--     COALESCE(pg_catalog.sum(rows_priority_p1_e0dfa8), 0)::bigint AS p1_calls,
--     COALESCE(pg_catalog.sum(rows_priority_p2_918f5d), 0)::bigint AS p2_calls, pg_catalog.sum(sum_duration) /
--     (NULLIF(pg_catalog.sum(count_duration), 0)) AS average_duration, pg_catalog.min(distinct_phone_number) AS
--     distinct_callers FROM (SELECT day, rows, distinct_phone_number, sum_duration, count_duration,
--     rows_priority_p2_918f5d, rows_priority_p1_e0dfa8, rows_status_completed FROM public.vapi_calls_by_day
--     cells WHERE day >= (current_date - 30)::date AND CASE WHEN pg_catalog.current_setting('TimeZone') IN
--     ('UTC', 'Etc/UTC', 'GMT') THEN true ELSE ('the days that are kept are those of UTC, not of ' ||
--     pg_catalog.current_setting('TimeZone'))::boolean END AND NOT EXISTS (SELECT FROM
--     public.vapi_calls_by_day_log noted WHERE noted.day = cells.day) UNION ALL SELECT noted.day,
--     pg_catalog.count(*) AS rows, count(DISTINCT phone_number) AS distinct_phone_number,
--     pg_catalog.sum(duration) AS sum_duration, pg_catalog.count(duration) AS count_duration,
--     pg_catalog.count(*) FILTER (WHERE priority = 'P2'::text) AS rows_priority_p2_918f5d, pg_catalog.count(*)
--     FILTER (WHERE priority = 'P1'::text) AS rows_priority_p1_e0dfa8, pg_catalog.count(*) FILTER (WHERE status
--     = 'completed'::text) AS rows_status_completed FROM (SELECT DISTINCT day FROM public.vapi_calls_by_day_log
--     WHERE day >= (current_date - 30)::date) noted, public.vapi_calls WHERE (started_at AT TIME ZONE
--     'UTC')::date = noted.day GROUP BY 1) vapi_calls GROUP BY day ORDER BY day DESC)
--     daily_call_summary(call_date, total_calls, completed_calls, p1_calls, p2_calls, average_duration,
--     distinct_callers)
-- prove compares the rows
-- all of it or nothing: nobody sees a part of it
begin;

set lock_timeout = '500ms';
create table public.vapi_calls_by_day as select (started_at at time zone 'UTC')::date as day, pg_catalog.count(*) as rows, count(DISTINCT phone_number) as distinct_phone_number, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration, pg_catalog.count(*) filter (where priority = 'P2'::text) as rows_priority_p2_918f5d, pg_catalog.count(*) filter (where priority = 'P1'::text) as rows_priority_p1_e0dfa8, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed from public.vapi_calls where started_at is not null group by 1 having pg_catalog.count(*) > 0 with no data;

set lock_timeout = '500ms';
create index on public.vapi_calls_by_day (day);

set lock_timeout = '500ms';
create table public.vapi_calls_by_day_log (day date not null) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

set lock_timeout = '500ms';
revoke all on public.vapi_calls_by_day, public.vapi_calls_by_day_log from public, authenticated, service_role;

set lock_timeout = '500ms';
create function public.note_vapi_calls_by_day() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
begin
    case tg_op
    when 'INSERT' then
        insert into public.vapi_calls_by_day_log (day) select distinct day from (select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from new_rows where started_at is not null) as changed;
    when 'DELETE' then
        insert into public.vapi_calls_by_day_log (day) select distinct day from (select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from old_rows where started_at is not null) as changed;
    when 'UPDATE' then
        -- What changed nothing that is summed up leaves the day as it is.
        insert into public.vapi_calls_by_day_log (day) select distinct day from ((select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from new_rows where started_at is not null except all select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from old_rows where started_at is not null) union all (select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from old_rows where started_at is not null except all select (started_at at time zone 'UTC')::date as day, row(started_at, phone_number, duration, priority, status)::text from new_rows where started_at is not null)) as changed;
    when 'TRUNCATE' then
        -- No writer is under way while the table is truncated; the folder may be, and ends by itself.
        perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_day', 0));
        if pg_catalog.current_setting('transaction_isolation') = 'read committed' then
            delete from public.vapi_calls_by_day_log;
            delete from public.vapi_calls_by_day;
        else
            -- An older snapshot does not show all that is to go. Waiting for readers could be a deadlock.
            lock table public.vapi_calls_by_day_log, public.vapi_calls_by_day in access exclusive mode nowait;
            truncate public.vapi_calls_by_day_log, public.vapi_calls_by_day;
        end if;
    end case;
    return null;
end
$function$;

set lock_timeout = '500ms';
create function public.refresh_vapi_calls_by_day() returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $function$
declare
    noted bigint;
begin
    -- The table comes first for whoever truncates it, too: waiting for each other crosswise would be a deadlock.
    lock table public.vapi_calls in access share mode;
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.vapi_calls_by_day', 0)) then
        return 0;
    end if;
    with taken as (
        delete from public.vapi_calls_by_day_log returning day
    ), days as (
        select distinct day from taken
    ), before as (
        delete from public.vapi_calls_by_day as cells using days where cells.day = days.day
    ), written as (
        insert into public.vapi_calls_by_day (day, rows, distinct_phone_number, sum_duration, count_duration, rows_priority_p2_918f5d, rows_priority_p1_e0dfa8, rows_status_completed) select noted.day, pg_catalog.count(*) as rows, count(DISTINCT phone_number) as distinct_phone_number, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration, pg_catalog.count(*) filter (where priority = 'P2'::text) as rows_priority_p2_918f5d, pg_catalog.count(*) filter (where priority = 'P1'::text) as rows_priority_p1_e0dfa8, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed from days as noted, public.vapi_calls where (started_at at time zone 'UTC')::date = noted.day group by 1
    )
    select pg_catalog.count(*) into noted from taken;
    return noted;
end
$function$;

set lock_timeout = '500ms';
revoke all on function public.refresh_vapi_calls_by_day() from public;

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_insert after insert on public.vapi_calls referencing new table as new_rows for each statement execute function public.note_vapi_calls_by_day();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_update after update on public.vapi_calls referencing old table as old_rows new table as new_rows for each statement execute function public.note_vapi_calls_by_day();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_delete after delete on public.vapi_calls referencing old table as old_rows for each statement execute function public.note_vapi_calls_by_day();

-- lock: SHARE ROW EXCLUSIVE; blocks writes to vapi_calls, for an instant: the statement waits for writers that
--   are under way
set lock_timeout = '500ms';
create trigger note_vapi_calls_by_day_truncate after truncate on public.vapi_calls for each statement execute function public.note_vapi_calls_by_day();

commit;

-- not in a transaction; again and again until it finds no more rows, committed each time
set lock_timeout = '500ms';
do $body1$
declare
  handled bigint;
begin
  loop
    execute $$
with known as (delete from public.vapi_calls_by_day_log where not exists (select from public.vapi_calls_by_day)) insert into public.vapi_calls_by_day (day, rows, distinct_phone_number, sum_duration, count_duration, rows_priority_p2_918f5d, rows_priority_p1_e0dfa8, rows_status_completed) select (started_at at time zone 'UTC')::date as day, pg_catalog.count(*) as rows, count(DISTINCT phone_number) as distinct_phone_number, pg_catalog.sum(duration) as sum_duration, pg_catalog.count(duration) as count_duration, pg_catalog.count(*) filter (where priority = 'P2'::text) as rows_priority_p2_918f5d, pg_catalog.count(*) filter (where priority = 'P1'::text) as rows_priority_p1_e0dfa8, pg_catalog.count(*) filter (where status = 'completed'::text) as rows_status_completed from public.vapi_calls where started_at is not null and not exists (select from public.vapi_calls_by_day) group by 1 having pg_catalog.count(*) > 0
$$;
    get diagnostics handled = row_count;
    commit;
    exit when handled = 0;
  end loop;
end
$body1$;

set lock_timeout = '500ms';
analyze public.vapi_calls_by_day;

-- create_index: index public.analytics_by_day_event_type_rest_idx on table public.analytics (this week, risk
--   low)
-- the sums of whole days kept in analytics_by_day_event_type want what lies before and after them
-- size: 11.6 MB (estimated)
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and other index builds on analytics; reads and
--   writes go on
-- not in a transaction; it waits for transactions that are older than itself
set lock_timeout = '10min';
create index concurrently analytics_by_day_event_type_rest_idx on public.analytics (created_at) include (event_type);

-- create_materialized_view: materialized view public.analytics_by_day_event_type on table public.analytics (this
--   week, risk medium)
-- Sums of analytics are asked for 1,504 times a day, and 0 rows change between two of them: kept, they cost 1.4
--   % of what they cost now, as planned.
-- table: analytics
-- asks: 1,504
-- changes: 0
-- share: 1.4 % (planned)
-- rows: 1,830 (estimated)
-- refresh: refresh materialized view concurrently public.analytics_by_day_event_type
-- refresh_cost: 48,833 (planned)
-- interval: 30 min (estimated)
-- upkeep: 20 % (estimated)
-- size: 184 kB (estimated)
-- planned gain: cost 7,831 -> 109 for select event_type, count(*) as events from analytics where created_at >=
--   $1 and created_at < $2 group by event_type order by event_type
-- in your application: Read the kept sums instead of the table, and let a timer call their function often: it
--   refreshes them when they are due. What was written since the last refresh is missing in them.
-- instead of select event_type, count(*) as events from analytics where created_at >= $1 and created_at < $2
--   group by event_type order by event_type
-- ask
--     SELECT event_type, COALESCE(pg_catalog.sum(rows), 0)::bigint AS events FROM ((SELECT day, event_type, rows
--     FROM public.analytics_by_day_event_type WHERE day >= pg_catalog.date_trunc('day', ($1::timestamptz + '24
--     hours'::interval) - '1 microsecond'::interval, 'UTC') AND day < pg_catalog.date_trunc('day',
--     $2::timestamptz, 'UTC') UNION ALL SELECT pg_catalog.date_trunc('day', created_at, 'UTC') AS day,
--     event_type, pg_catalog.count(*) AS rows FROM public.analytics WHERE created_at >= $1 AND created_at < $2
--     AND created_at < pg_catalog.date_trunc('day', ($1::timestamptz + '24 hours'::interval) - '1
--     microsecond'::interval, 'UTC') GROUP BY 1, 2) UNION ALL SELECT pg_catalog.date_trunc('day', created_at,
--     'UTC') AS day, event_type, pg_catalog.count(*) AS rows FROM public.analytics WHERE created_at >= $1 AND
--     created_at < $2 AND created_at >= pg_catalog.date_trunc('day', $2::timestamptz, 'UTC') AND created_at >=
--     pg_catalog.date_trunc('day', ($1::timestamptz + '24 hours'::interval) - '1 microsecond'::interval, 'UTC')
--     GROUP BY 1, 2) analytics GROUP BY event_type ORDER BY event_type
-- prove compares the rows
-- all of it or nothing: nobody sees a part of it
begin;

-- lock: ACCESS SHARE; blocks schema changes on analytics while it is read once; reads and writes go on
set lock_timeout = '500ms';
create materialized view public.analytics_by_day_event_type as select pg_catalog.date_trunc('day', created_at, 'UTC') as day, event_type, pg_catalog.count(*) as rows from public.analytics group by 1, 2 order by 1, 2 with data;

set lock_timeout = '500ms';
create unique index analytics_by_day_event_type_key on public.analytics_by_day_event_type (day, event_type);

set lock_timeout = '500ms';
analyze public.analytics_by_day_event_type;

set lock_timeout = '500ms';
revoke all on public.analytics_by_day_event_type from public, authenticated, service_role;

set lock_timeout = '500ms';
create table public.analytics_by_day_event_type_state (refreshed_at timestamptz not null, changes bigint not null);

set lock_timeout = '500ms';
revoke all on public.analytics_by_day_event_type_state from public, authenticated, service_role;

set lock_timeout = '500ms';
insert into public.analytics_by_day_event_type_state (refreshed_at, changes) select pg_catalog.now(), (select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(part.oid) + pg_catalog.pg_stat_get_tuples_updated(part.oid) + pg_catalog.pg_stat_get_tuples_deleted(part.oid)), 0)::bigint from (select 'public.analytics'::pg_catalog.regclass as oid union select relid from pg_catalog.pg_partition_tree('public.analytics'::pg_catalog.regclass)) as part);

set lock_timeout = '500ms';
create function public.refresh_analytics_by_day_event_type(due interval default '1800 seconds') returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $function$
declare
    changed bigint;
begin
    -- Who comes second leaves it to the first.
    if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('pgclinic public.analytics_by_day_event_type', 0)) then
        return false;
    end if;
    -- Counted before the refresh: what is committed meanwhile makes the next one due.
    changed := (select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(part.oid) + pg_catalog.pg_stat_get_tuples_updated(part.oid) + pg_catalog.pg_stat_get_tuples_deleted(part.oid)), 0)::bigint from (select 'public.analytics'::pg_catalog.regclass as oid union select relid from pg_catalog.pg_partition_tree('public.analytics'::pg_catalog.regclass)) as part);
    if not exists (
        select from public.analytics_by_day_event_type_state as last
        where last.refreshed_at + due <= pg_catalog.now() and last.changes <> changed
    ) then
        return false;
    end if;
    refresh materialized view concurrently public.analytics_by_day_event_type;
    update public.analytics_by_day_event_type_state set refreshed_at = pg_catalog.now(), changes = changed;
    return true;
end
$function$;

commit;

-- batched_writes: statement 9a1fa1cf474e86f4 on table public.vapi_calls (this week, risk medium)
-- Rows of vapi_calls are written one statement at a time, 5,000 calls; up to 1,000 rows can be written by one
--   statement, and the function runs the statement itself for each row, in order, or for all of them at once
--   when no two have the same key.
-- table: vapi_calls
-- calls: 5,000
-- calls_share: 86 %
-- share: 0.2 %
-- rows_per_batch: 1,000
-- sameness: the function runs the statement itself for each row, in order, or for all of them at once when no
--   two have the same key
-- in your application: Collect the rows and write up to a thousand of them with one statement, each parameter an
--   array.
-- instead of statement 9a1fa1cf474e86f4
-- ask
--     select * from public.write_vapi_calls($1::text[], $2::text[], $3::timestamp with time zone[], $4::int[],
--     $5::text[], $6::text[])
-- one run for up to 1,000 calls; the function runs the statement itself for each row, in order, or for all of
--   them at once when no two have the same key
set lock_timeout = '500ms';
create function public.write_vapi_calls(call_id_values text[], phone_number_values text[], started_at_values timestamp with time zone[], duration_values int[], priority_values text[], status_values text[]) returns void
language plpgsql volatile security invoker
set search_path = public, pg_temp
as $$
#variable_conflict use_column
declare
    batch record;
begin
    if (select count(*) = count(distinct (batch.call_id)) from unnest(call_id_values, phone_number_values, started_at_values, duration_values, priority_values, status_values) with ordinality as batch (call_id, phone_number, started_at, duration, priority, status, position)) then
        insert into public.vapi_calls (call_id, phone_number, status, started_at, created_at, duration, priority)
        select batch.call_id, batch.phone_number, batch.status, batch.started_at, batch.started_at, batch.duration, batch.priority
        from unnest(call_id_values, phone_number_values, started_at_values, duration_values, priority_values, status_values) with ordinality batch(call_id, phone_number, started_at, duration, priority, status, "position")
        order by batch."position"
        on conflict (call_id) do update set status = excluded.status, duration = excluded.duration;
    else
        for batch in
            select * from unnest(call_id_values, phone_number_values, started_at_values, duration_values, priority_values, status_values) with ordinality as batch (call_id, phone_number, started_at, duration, priority, status, position) order by batch.position
        loop
            insert into public.vapi_calls (call_id, phone_number, status, started_at, created_at, duration, priority) values (batch.call_id, batch.phone_number, batch.status, batch.started_at, batch.started_at, batch.duration, batch.priority)
            on conflict (call_id) do update set status = excluded.status, duration = excluded.duration;
        end loop;
    end if;
end
$$;

-- alter_system: setting shared_buffers (this week, risk high)
-- shared_buffers is 128 MB for a database of 1.02 GB, and only 36 % of the pages were in it.
-- shared_buffers: 128 MB
-- size: 1.02 GB
-- hit: 36 %
-- in your application: See how much memory the machine has, give a quarter of it to shared_buffers, and restart
--   the server.
-- nothing is run in the database for it
