-- 15 % of the row versions in vapi_calls are dead: 53,338 of them are cleared now.
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on vapi_calls; reads and writes go on

vacuum (analyze) public.vapi_calls;
