create index on few (x);
analyze few;
set enable_hashjoin = off;
set enable_mergejoin = off;
select count(y) from many left join few on few.x = many.x;
