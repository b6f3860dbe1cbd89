create table long_texts (n int, body text);
insert into long_texts
select n, (select string_agg(md5((n * 1000 + m)::text), '') from generate_series(1, 200) as m)
from generate_series(1, 300) as n;
-- Packed with lz4, or hardly ever read: writing reads a little, too.
create table modern (id int, body text compression lz4);
insert into modern select * from long_texts;
create table untouched as select * from long_texts;
drop table long_texts;
-- times: 40
select sum(length(body || '')) from modern;
-- times: 30
select count(*) from untouched;
