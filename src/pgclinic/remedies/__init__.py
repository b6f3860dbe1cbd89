"""Cures as data: one kind of treatment a file, each with its statements, its way back, its locks and its hazards."""
