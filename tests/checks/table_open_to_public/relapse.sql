grant select on "Postal Codes" to public;
grant select, insert on votes to public;
