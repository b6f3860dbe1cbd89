create view fourth as select * from third;
create view fifth as select * from fourth;
create view reports.asked as select * from third where status = 'open';
-- times: 30
select * from reports.asked;
