-- Everything that a load makes inside the database, for a load that did not come to its end.

drop view if exists public.daily_call_summary, public.priority_distribution;
drop table if exists public.vapi_calls, public.call_logs, public.leads, public.appointments, public.sms_logs,
    public.analytics, public.availability, public.rate_limits, public.system_constraints, public.pricing_rules;
drop function if exists public.touch_updated_at();
drop schema if exists auth cascade;
