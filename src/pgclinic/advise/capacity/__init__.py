"""When another part beside the database pays, from the evidence of its counters and its workload."""
