select count(*) from vapi_calls where status = 'active'
