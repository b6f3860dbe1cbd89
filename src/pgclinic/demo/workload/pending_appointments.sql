-- weight: 2

-- name: pending appointments of a day
-- parameters: select distinct preferred_date from public.appointments where status = 'pending'
--     order by 1 desc limit 30
select id, customer_name, customer_phone, service_type, preferred_time, urgency
from appointments
where status = 'pending' and preferred_date = $1
order by preferred_time;
