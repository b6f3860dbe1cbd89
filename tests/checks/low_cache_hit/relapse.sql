-- times: 8
select count(*) from archive;
