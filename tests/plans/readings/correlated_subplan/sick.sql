-- node: SubPlan 1: Aggregate
select id, (select count(*) from items i where i.order_id = o.id) from orders o where id <= 20000;
