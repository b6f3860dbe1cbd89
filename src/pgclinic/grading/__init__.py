"""The grade and the key figures: what findings cost, what the counters say, and how sure that is."""
