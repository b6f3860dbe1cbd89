create unique index without_key on without (customer);
create unique index of_a_part_key on of_a_part (customer);
refresh materialized view concurrently without;
refresh materialized view concurrently of_a_part;
