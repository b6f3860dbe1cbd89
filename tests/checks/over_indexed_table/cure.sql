drop index "Events c";
