-- The index idx_vapi_calls_call_id of vapi_calls repeats vapi_calls_call_id_key and takes 12.1 MB.
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes, VACUUM and index builds on vapi_calls; reads
-- and writes go on

set lock_timeout = '10min';
set statement_timeout = 0;
CREATE INDEX CONCURRENTLY idx_vapi_calls_call_id ON public.vapi_calls USING btree (call_id);
