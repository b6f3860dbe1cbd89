-- weight: 2

-- name: appointments of a customer
-- parameters: select customer_phone, preferred_date - 30 from public.appointments
--     order by id
--     limit 200
select id, service_type, preferred_date, preferred_time, status
from appointments
where customer_phone = $1 and preferred_date >= $2
order by preferred_date;
