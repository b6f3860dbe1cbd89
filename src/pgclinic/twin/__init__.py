"""The twin: a private server with the user's schema and statistics and none of the rows, on which plans are made."""
