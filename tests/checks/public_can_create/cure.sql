grant create on schema public to public_can_create_maker;
revoke create on schema public from public;
