-- Larger than shared_buffers, read from end to end each time:
-- times: 8
select count(*) from archive;
