-- Row-level security as it is often first written: the role is asked for each row, permissive policies are stacked,
-- none says whom it is for, and one was opened "for now".

create policy "service role full access" on public.vapi_calls for all
    using (auth.role() = 'service_role') with check (auth.role() = 'service_role');
create policy "staff can read calls" on public.vapi_calls for select using (auth.role() = 'authenticated');
create policy "service role full access" on public.call_logs for all
    using (auth.role() = 'service_role') with check (auth.role() = 'service_role');
create policy "staff can read logs" on public.call_logs for select using (auth.role() = 'authenticated');
create policy "service role full access" on public.leads for all
    using (auth.role() = 'service_role') with check (auth.role() = 'service_role');
create policy "staff can read leads" on public.leads for select using (auth.role() = 'authenticated');
create policy "staff can work on leads" on public.leads for all using (auth.role() = 'authenticated');
create policy "service role full access" on public.appointments for all
    using (auth.role() = 'service_role') with check (auth.role() = 'service_role');
create policy "staff can read appointments" on public.appointments for select using (auth.role() = 'authenticated');
create policy "open for now" on public.sms_logs for all using (true) with check (true);
create policy "service role full access" on public.analytics for all
    using (auth.role() = 'service_role') with check (auth.role() = 'service_role');
create policy "service role full access" on public.rate_limits for all
    using (auth.role() = 'service_role') with check (auth.role() = 'service_role');

alter table public.vapi_calls enable row level security;
alter table public.call_logs enable row level security;
alter table public.leads enable row level security;
alter table public.appointments enable row level security;
alter table public.sms_logs enable row level security;
alter table public.analytics enable row level security;
alter table public.rate_limits enable row level security;

grant usage on schema public, auth to anon, authenticated, service_role;
grant select, insert, update, delete on all tables in schema public to authenticated, service_role;
grant select on public.availability, public.pricing_rules to anon;
