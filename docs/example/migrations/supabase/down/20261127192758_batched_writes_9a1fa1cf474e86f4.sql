-- Rows of vapi_calls are written one statement at a time, 5,000 calls; up to 1,000 rows can be written
-- by one statement, and the function runs the statement itself for each row, in order, or for all of
-- them at once when no two have the same key.
-- in your application: Collect the rows and write up to a thousand of them with one statement, each
-- parameter an array.

set lock_timeout = '500ms';
set statement_timeout = 0;
begin;
drop function public.write_vapi_calls(text[], text[], timestamp with time zone[], int[], text[], text[]);
commit;
