alter table visits drop constraint "of customer";
alter table visits drop constraint positive;
alter table visits add constraint "of customer" foreign key (customer) references customers not valid;
alter table visits add constraint positive check (amount >= 0) not valid;
