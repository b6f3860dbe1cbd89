"""pgclinic examines a PostgreSQL database, grades it, treats it and measures that the cure worked."""

__version__ = "0.1.0"
