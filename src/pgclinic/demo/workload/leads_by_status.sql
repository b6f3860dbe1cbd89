-- weight: 2

-- name: leads by status
-- parameters: select status, since
--     from unnest(array['new', 'qualified']) status
--     cross join (
--         select max(created_at) - days * interval '1 day' as since
--         from public.leads, generate_series(1, 7) days
--         group by days
--     ) week
--     order by 1, 2
select id, name, phone, email, service_type, urgency_level, estimated_value, city, created_at
from leads
where status = $1 and created_at >= $2
order by created_at desc;
