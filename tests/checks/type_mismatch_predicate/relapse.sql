-- times: 30
select amount from orders where number::text = '77';
-- times: 30
select amount from orders where number = 77::numeric;
-- times: 30
select amount from orders where code = '77'::text;
-- times: 30
select o.amount from imports i join orders o on o.number = i.number where i.batch = 77;
