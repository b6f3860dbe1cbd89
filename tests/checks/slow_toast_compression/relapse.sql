alter table "Letters" alter column body set compression pglz;
