drop index people_name_idx;
-- times: 30
select id from people_called_ann;
