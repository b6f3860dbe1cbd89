alter view "All Notes" reset (security_invoker);
alter view counted set (security_invoker = false);
grant select on window_on_secrets to pg_monitor;
