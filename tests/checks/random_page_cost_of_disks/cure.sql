do $$ begin execute format('alter database %I set random_page_cost = 1.1', current_database()); end $$;
