drop index calls_phone_idx, calls_city_idx;
-- times: 30
select id from calls where ('a'::text is null or phone = 'a') and (null::text is null or city = null);
-- times: 30
select id, phone from calls where city = coalesce('7', city);
