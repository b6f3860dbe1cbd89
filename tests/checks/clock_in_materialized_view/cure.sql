drop materialized view last_hour, of_a_view;
