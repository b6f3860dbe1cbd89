alter table visits alter column id type bigint;
alter sequence visits_id_seq as bigint;
alter table visits alter column small_id type bigint;
alter sequence halfway maxvalue 1000000;
alter sequence down minvalue -1000000;
