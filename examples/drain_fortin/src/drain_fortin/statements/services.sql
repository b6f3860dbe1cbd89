select
    service_type,
    count(*) as leads,
    count(*) filter (where status = 'converted') as converted,
    round(100.0 * count(*) filter (where status = 'converted') / count(*), 1) as conversion_rate
from leads
where created_at >= $1
group by service_type
order by leads desc, service_type
limit 5
