vacuum "Rate Limits";
vacuum eager;
