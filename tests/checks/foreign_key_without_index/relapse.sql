drop index orders_by_parent;
drop index orders_by_other_parent;
drop index orders_by_state;
drop index orders_by_holder;
