create table visits (id integer, customer integer, amount integer);
insert into visits values (1, null, 1);
alter table visits add constraint "of customer" foreign key (customer) references customers not valid;
alter table visits add constraint positive check (amount >= 0) not valid;
