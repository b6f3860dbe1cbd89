select count(*) from vapi_calls where created_at >= $1
