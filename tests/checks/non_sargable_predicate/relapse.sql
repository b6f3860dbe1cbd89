drop index visits_lower_email_idx;
-- times: 30
select id from visits where date(created_at) = '2026-01-05';
-- times: 30
select id from visits where lower(email) = 'person7@example.com';
-- times: 30
select id from visits where number + 1 = 78;
