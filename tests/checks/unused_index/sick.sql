create index "Visits by Phone & City" on visits (phone, city);
create index parted_day_id_idx on parted (day, id);
