create table orders (id int primary key, state text);
insert into orders values (1, 'new'), (2, 'new');
-- session: pool
select count(*) from orders;
-- session: reports
begin;
-- session: reports
select count(*) from orders;
-- Its transaction has ended, however long ago that was.
-- session: reports
commit;
