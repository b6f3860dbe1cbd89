create materialized view without as select customer, sum(amount) as amount from orders group by customer;
create index on without (customer);
create materialized view of_a_part as select customer, sum(amount) as amount from orders group by customer;
create unique index on of_a_part (customer) where amount > 0;
create unique index on of_a_part ((customer + 0));
analyze;
