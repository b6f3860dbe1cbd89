alter table "Customers" set unlogged;
