-- Foreign keys, once every table has its rows and its keys.

alter table public.leads
    add constraint leads_call_id_fkey foreign key (call_id) references public.vapi_calls (call_id);
alter table public.sms_logs
    add constraint sms_logs_call_id_fkey foreign key (call_id) references public.vapi_calls (call_id);
