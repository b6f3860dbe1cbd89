do $$ begin
    execute format('alter database %I reset idle_in_transaction_session_timeout', current_database());
end $$;
