create index parted_day_id_idx on parted (day, id);
