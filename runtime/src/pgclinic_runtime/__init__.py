"""What an application imports to keep its PostgreSQL fast. It knows nothing of the clinic."""
