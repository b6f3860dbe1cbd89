drop index orders_status_code_idx;
-- times: 30
select id from orders where status = 'open' and code = md5('2000');
