-- The same calls with their leads, asked once.
-- task: calls with their leads, joined
-- weight: 0.5

-- name: newest calls with their leads
select c.id, c.call_id, c.phone_number, c.status, c.started_at, l.id as lead_id, l.name, l.status as lead_status
from (select * from vapi_calls order by created_at desc limit 100) c
left join leads l on l.call_id = c.call_id
order by c.created_at desc;
