drop index without_key, of_a_part_key;
