-- Nobody is named.
select current_setting('synchronous_standby_names');
