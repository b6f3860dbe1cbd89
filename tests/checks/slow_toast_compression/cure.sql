alter table "Letters" alter column body set compression lz4;
