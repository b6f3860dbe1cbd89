select count(*) from part_0 where id = 5;
