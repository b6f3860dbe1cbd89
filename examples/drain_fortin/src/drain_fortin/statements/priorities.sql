select priority, calls, average_duration, completed_calls from priority_distribution
