"""Batches instead of single-row writes: in which form many rows are written as one by one."""
