create index visitors_seen_idx on visitors (seen);
-- times: 2
update visitors set seen = clock_timestamp() where id > 0;
