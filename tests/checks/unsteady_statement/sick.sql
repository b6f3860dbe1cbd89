-- times: 150
select pg_sleep(seconds) from delays where id = 1;
select pg_sleep(seconds) from delays where id = 2;
