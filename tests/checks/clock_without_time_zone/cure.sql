alter table "Visits" alter column at type timestamptz, alter column changed type timestamptz(3);
alter table local alter column at type timestamptz;
