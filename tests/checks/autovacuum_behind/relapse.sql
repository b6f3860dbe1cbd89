update "Rate Limits" set requests = 1 where id <= 5000;
update eager set requests = 1 where id <= 2000;
