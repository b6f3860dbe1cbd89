alter view "All Notes" set (security_invoker = true);
alter view counted set (security_invoker = on);
revoke select on window_on_secrets from pg_monitor;
