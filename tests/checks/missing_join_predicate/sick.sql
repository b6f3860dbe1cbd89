select count(*) from orders o, customers c where o.status = 'open';
select count(*) from orders o join customers c on o.status = 'open';
