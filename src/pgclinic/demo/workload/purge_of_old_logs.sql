-- Logs are kept for a year; the nightly purge takes what has become older.
-- task: purge of old logs
-- weight: 0.25

-- name: purge of a day
-- parameters: select max(created_at) - interval '364 days' from public.sms_logs
delete from call_logs where created_at < $1;
