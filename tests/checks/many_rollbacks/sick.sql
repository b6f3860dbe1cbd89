-- times: 200
do $$ begin perform 1; rollback; end $$;
