analyze "Just Loaded";
analyze vacuumed_only;
