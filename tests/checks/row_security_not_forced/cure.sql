alter table "Notes" force row level security;
alter table shared force row level security;
