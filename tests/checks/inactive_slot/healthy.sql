create table orders (id int, body text);
checkpoint;
-- A slot that was just made, and one that keeps nothing yet.
select pg_create_physical_replication_slot('fresh', true);
select pg_create_physical_replication_slot('reserved_later');
