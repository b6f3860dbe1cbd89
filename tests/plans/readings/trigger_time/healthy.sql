create index on children (parent);
delete from parents where id <= 20;
