-- times: 30
select day from visits where id = 77;
-- times: 30
select v.day from visits v join few on few.id = v.id where v.place = 'a';
