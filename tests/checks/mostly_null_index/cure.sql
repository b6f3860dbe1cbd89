drop index "visits_Parent_idx";
create index on visits ("Parent") where "Parent" is not null;
