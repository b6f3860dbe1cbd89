-- times: 30
select id from quotes order by random() limit 1;
