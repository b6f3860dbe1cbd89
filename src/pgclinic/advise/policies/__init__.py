"""Row-level security: the same rows let through by cheaper policies."""
