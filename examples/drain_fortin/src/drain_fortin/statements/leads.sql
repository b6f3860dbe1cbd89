select id, name, phone, email, service_type, urgency_level, estimated_value, city, created_at
from leads
where status = $1 and created_at >= $2
order by created_at desc
