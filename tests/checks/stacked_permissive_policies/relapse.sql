create policy reading on "Visits" for select to pg_monitor using (id = 1);
