-- One plan of a search in vapi_calls serves every combination of filters (phone_number, status,
-- created_at); a function plans for those that are on.
-- in your application: Call the function in place of the statement; a filter that is off is null, as
-- before.

set lock_timeout = '500ms';
set statement_timeout = 0;
begin;
drop function public.search_vapi_calls(text, text, timestamptz, timestamptz, bigint);
commit;
