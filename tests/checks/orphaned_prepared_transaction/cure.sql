rollback prepared 'order 2; left';
