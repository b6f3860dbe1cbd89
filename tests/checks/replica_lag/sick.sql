insert into orders select n, repeat(md5(n::text), 30) from generate_series(1, 4000) as n;
