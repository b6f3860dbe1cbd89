alter table "Visits" alter column id set default rising();
