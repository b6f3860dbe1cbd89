update "Rate Limits" set requests = requests + 1;
update visits set duration = 1 where id <= 4000;
