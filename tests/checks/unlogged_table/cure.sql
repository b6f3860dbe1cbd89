alter table "Customers" set logged;
