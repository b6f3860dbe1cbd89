create table "Visits" (id uuid primary key default gen_random_uuid());
insert into "Visits" select gen_random_uuid() from generate_series(1, 5000);
