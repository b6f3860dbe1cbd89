select pg_sleep(seconds) from delays where id = 2;
