create index orders_by_parent on orders (parent);
create index orders_by_other_parent on orders ("Other parent");
create index orders_by_state on orders (state_id);
create index orders_by_holder on orders (holder);
