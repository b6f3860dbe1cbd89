alter system set autovacuum = on;
select pg_reload_conf();
-- until true
select current_setting('autovacuum') = 'on';
