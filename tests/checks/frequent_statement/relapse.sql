-- times: 8000
select value from parameters where name = 'tax';
-- times: 8000
select phone from customers where id = 7;
