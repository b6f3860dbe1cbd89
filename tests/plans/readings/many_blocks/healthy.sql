vacuum full orders;
select count(*) from orders;
