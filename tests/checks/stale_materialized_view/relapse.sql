refresh materialized view never_filled with no data;
analyze visits;
analyze old_sums;
update visits set amount = 3;
