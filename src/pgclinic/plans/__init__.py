"""EXPLAIN as PostgreSQL and people write it, read into nouns, and what can be told from it. Pure."""
