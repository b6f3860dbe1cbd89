"""The only door to a user's server."""
