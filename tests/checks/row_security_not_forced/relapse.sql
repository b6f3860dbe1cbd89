alter table "Notes" no force row level security;
alter table shared no force row level security;
