-- fails: could not create unique index
create unique index concurrently orders_code_unique on orders (code);
drop index parted_day_idx;
create index parted_day_idx on only parted (day);
