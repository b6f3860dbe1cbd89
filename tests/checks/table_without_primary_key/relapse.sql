alter table "Rate Limits" drop constraint rate_limits_pkey;
