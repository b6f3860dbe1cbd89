-- node:
delete from parents where id <= 20;
