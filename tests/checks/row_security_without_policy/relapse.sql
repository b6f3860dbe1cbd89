drop policy own on "Closed";
drop policy own on for_everyone;
drop policy own on for_its_owner;
drop policy own on for_the_backend;
