alter system set autovacuum = off;
select pg_reload_conf();
-- until true
select current_setting('autovacuum') = 'off';
