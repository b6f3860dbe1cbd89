alter table "Rate Limits" add constraint rate_limits_pkey primary key (id);
