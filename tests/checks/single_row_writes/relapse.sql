begin;
-- times: 400
insert into events (kind, at) values ('call', now());
-- times: 300
update visits set seen = true where id = 7;
commit;
