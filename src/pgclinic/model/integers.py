"""What fits into PostgreSQL's integer types."""

LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
"""The largest number of each type, by the name that format_type gives it."""
