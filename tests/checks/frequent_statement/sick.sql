-- The same few rows, that nobody changes, at every request:
-- times: 8000
select value from parameters where name = 'tax';
-- A large table by key, as often:
-- times: 8000
select phone from customers where id = 7;
