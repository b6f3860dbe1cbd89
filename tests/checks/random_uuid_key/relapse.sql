alter table "Visits" alter column id set default gen_random_uuid();
