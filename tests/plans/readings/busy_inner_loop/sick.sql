-- node: Nested Loop Left Join
set enable_hashjoin = off;
set enable_mergejoin = off;
select count(y) from many left join few on few.x = many.x;
