drop index "visits_Quarter_idx";
