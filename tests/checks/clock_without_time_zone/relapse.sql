alter table "Visits" alter column at type timestamp, alter column changed type timestamp(3);
alter table local alter column at type timestamp;
