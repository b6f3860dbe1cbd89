"""Kept sums: which statements they would serve, how large they would be, what keeping them costs."""
