-- 15 % of the row versions in rate_limits are dead: 893 of them are cleared now.
-- lock: SHARE UPDATE EXCLUSIVE; blocks schema changes and VACUUM on rate_limits; reads and writes go
-- on

vacuum (analyze) public.rate_limits;
