drop index parted_day_id_idx;
