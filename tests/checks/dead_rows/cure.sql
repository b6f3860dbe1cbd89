vacuum "Rate Limits";
vacuum visits;
