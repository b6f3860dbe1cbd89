insert into call_logs (call_id, phone_number, duration, status, transcript, summary, analysis)
values ($1, $2, $3, $4, $5, $6, $7)
