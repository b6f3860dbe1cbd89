-- times: 30
select id, code from orders where status = 'open';
