alter function twice(integer) set search_path = public, pg_temp;
