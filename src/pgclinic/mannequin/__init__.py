"""A database of synthetic rows that looks to a planner as the user's does, on a private server, to rehearse on."""
