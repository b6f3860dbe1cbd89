do $$ begin
    execute format('alter database %I set idle_in_transaction_session_timeout = 600000', current_database());
end $$;
