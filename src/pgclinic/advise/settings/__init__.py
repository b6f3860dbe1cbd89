"""Settings of the server: only those that its own counters speak for, or that change plans."""
