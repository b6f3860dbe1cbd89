-- Functions, triggers and views.

create function auth.role() returns text
language sql stable
as $$
    select coalesce(
        nullif(current_setting('request.jwt.claim.role', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
    )
$$;

create function public.touch_updated_at() returns trigger
language plpgsql
as $$
begin
    new.updated_at := now();
    return new;
end
$$;

create trigger vapi_calls_touch before update on public.vapi_calls
    for each row execute function public.touch_updated_at();
create trigger call_logs_touch before update on public.call_logs
    for each row execute function public.touch_updated_at();
create trigger leads_touch before update on public.leads
    for each row execute function public.touch_updated_at();
create trigger appointments_touch before update on public.appointments
    for each row execute function public.touch_updated_at();

create view public.daily_call_summary as
select
    date(started_at) as call_date,
    count(*) as total_calls,
    count(*) filter (where status = 'completed') as completed_calls,
    count(*) filter (where priority = 'P1') as p1_calls,
    count(*) filter (where priority = 'P2') as p2_calls,
    avg(duration) as average_duration,
    count(distinct phone_number) as distinct_callers
from public.vapi_calls
where started_at >= current_date - 30
group by date(started_at)
order by call_date desc;

create view public.priority_distribution as
select
    priority,
    count(*) as calls,
    avg(duration) as average_duration,
    count(*) filter (where status = 'completed') as completed_calls
from public.vapi_calls
where started_at >= current_date - 7
group by priority
order by priority;
