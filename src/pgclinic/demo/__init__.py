"""The Drain Fortin database: its schema in the neglected state, its data from a seed, and its workload."""
