create index on visits ("Owner");
create index on rarely (owner);
create index on referring (owner, id);
