-- ends: many
select 1;
