create statistics pairs_a_b (dependencies) on a, b from pairs;
analyze pairs;
select count(*) from pairs p join orders o on o.id = p.id where a = 7 and b = 7;
