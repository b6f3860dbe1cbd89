create view people_called_ann as select id from people where name ilike '%ann%';
-- times: 30
select id from people_called_ann;
