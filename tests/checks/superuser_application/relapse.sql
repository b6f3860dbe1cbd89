-- times: 60
insert into orders values (1);
