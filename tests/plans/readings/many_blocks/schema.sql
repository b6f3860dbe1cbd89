create table orders (
    id int primary key, customer_id int not null, status text not null, region int not null, total numeric not null,
    note text not null
);
insert into orders select n, n * 7919 % 20000, case when n % 500 = 0 then 'open' else 'paid' end, n % 10, n * 31 % 997,
    repeat('note ', 10) || n from generate_series(1, 100000) n;
vacuum analyze orders;
