create table parents (id int primary key);
create table children (id int primary key, parent int not null references parents);
insert into parents select n from generate_series(1, 2000) n;
insert into children select n, 1000 + n % 1000 from generate_series(1, 60000) n;
vacuum analyze;
