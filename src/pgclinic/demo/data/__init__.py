"""Rows of the Drain Fortin database as COPY text: the same seed, volume and clock give the same bytes."""
