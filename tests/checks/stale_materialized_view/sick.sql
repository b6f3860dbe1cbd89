create table visits as select n as id, n % 30 as customer, n % 7 as amount from generate_series(1, 1000) as n;
create view all_visits as select * from visits;
create materialized view old_sums as select customer, sum(amount) as amount from all_visits group by customer;
create materialized view never_filled as select customer from visits with no data;
analyze visits;
analyze old_sums;
update visits set amount = 2;
