update leads set status = $2, assigned_to = $3 where id = $1 returning id, status, assigned_to
