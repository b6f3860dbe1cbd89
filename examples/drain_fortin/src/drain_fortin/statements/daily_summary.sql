select call_date, total_calls, completed_calls, p1_calls, p2_calls, average_duration, distinct_callers
from daily_call_summary
