vacuum (full, analyze) "Emptied";
