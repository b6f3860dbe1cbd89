"""What a table would be as a partitioned one, and what keeps it from becoming one."""
