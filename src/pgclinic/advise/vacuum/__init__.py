"""How tables are kept clear of what is dead: when autovacuum comes to each, and what is done by hand."""
