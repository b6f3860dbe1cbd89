select call_id, id, name, status, estimated_value from leads where call_id = $1
