create policy own on "Closed" using (id = 1);
create policy own on for_everyone using (id = 1);
create policy own on for_its_owner using (id = 1);
create policy own on for_the_backend using (id = 1);
