create index parted_1_day_idx on parted_1 (day);
alter index parted_day_idx attach partition parted_1_day_idx;
