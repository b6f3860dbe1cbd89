alter table visits alter column id type integer;
alter sequence visits_id_seq as integer;
alter table visits alter column small_id type smallint;
alter sequence halfway maxvalue 1000;
alter sequence down minvalue -1000;
