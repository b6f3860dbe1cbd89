update b set state = state + 1;
update c set state = state + 1;
update d set state = state + 1;
