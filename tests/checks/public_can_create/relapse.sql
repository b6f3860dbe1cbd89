revoke create on schema public from public_can_create_maker;
grant create on schema public to public;
