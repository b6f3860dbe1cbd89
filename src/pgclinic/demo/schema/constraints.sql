-- What a neglected database has: keys, because the application breaks without them; two indexes from an early guess
-- that nothing reads by; and one that somebody made because nobody knew that the unique constraint has its own.

alter table public.vapi_calls add constraint vapi_calls_pkey primary key (id);
alter table public.vapi_calls add constraint vapi_calls_call_id_key unique (call_id);
create index idx_vapi_calls_call_id on public.vapi_calls (call_id);
create index idx_vapi_calls_assistant on public.vapi_calls (assistant_id);
alter table public.call_logs add constraint call_logs_pkey primary key (id);
alter table public.leads add constraint leads_pkey primary key (id);
create index idx_leads_city on public.leads (city);
alter table public.appointments add constraint appointments_pkey primary key (id);
alter table public.sms_logs add constraint sms_logs_pkey primary key (id);
alter table public.analytics add constraint analytics_pkey primary key (id);
alter table public.availability add constraint availability_pkey primary key (id);
alter table public.availability add constraint availability_slot_key unique (date, time_slot, technician);
alter table public.rate_limits add constraint rate_limits_pkey primary key (id);
alter table public.rate_limits add constraint rate_limits_window_key unique (client_ip, endpoint, window_start);
alter table public.system_constraints add constraint system_constraints_pkey primary key (name);
alter table public.pricing_rules add constraint pricing_rules_pkey primary key (service_type);
