-- migrate:up
create table tags (id bigint generated always as identity primary key, name text not null unique);

-- migrate:down
drop table tags;
