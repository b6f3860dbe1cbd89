-- session: locker
commit;
vacuum;
