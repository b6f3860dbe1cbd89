-- node: Nested Loop
select count(*) from here join there on here.a = there.a or here.b = there.b;
