create table zoned (id integer, at timestamptz default now());
create table converted (id integer, at timestamp default (now() at time zone 'utc'));
create table no_default (id integer, at timestamp, starts timestamp default '2026-01-01');
create table days (id integer, day date default current_date);
