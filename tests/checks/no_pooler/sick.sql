-- session: many
-- times: 20
select 1;
