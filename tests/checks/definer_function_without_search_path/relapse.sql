alter function twice(integer) reset search_path;
