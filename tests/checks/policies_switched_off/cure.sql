alter table open enable row level security;
drop policy own on private;
