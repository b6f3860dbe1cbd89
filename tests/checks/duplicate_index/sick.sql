create index orders_id_again on orders (id);
create unique index orders_id_once_more on orders (id);
create index "Code Again" on orders (code);
create index orders_state_1 on orders (code) where state = '1';
create unique index orders_phone_unique on orders (phone);
create index aaa_phone_plain on orders (phone);
