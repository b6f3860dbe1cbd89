select id, service_type, preferred_date, preferred_time, status
from appointments
where customer_phone = $1 and preferred_date >= $2
order by preferred_date
