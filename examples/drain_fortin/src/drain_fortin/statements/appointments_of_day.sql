select id, customer_name, customer_phone, service_type, preferred_time, urgency
from appointments
where status = 'pending' and preferred_date = $1
order by preferred_time
