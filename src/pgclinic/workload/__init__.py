"""What the application asks: statements and parameters, from pg_stat_statements or from files."""
