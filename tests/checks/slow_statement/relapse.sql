drop index orders_code_idx;
-- times: 60
select id from orders where code = 'c4ca4238a0b923820dcc509a6f75849b';
-- times: 60
select orders_with('c4ca4238a0b923820dcc509a6f75849b');
