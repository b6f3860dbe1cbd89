refresh materialized view old_sums;
refresh materialized view never_filled;
