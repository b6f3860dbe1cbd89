"""Materialized views refreshed when they are due, and next partitions made ahead. Writes; only where it is asked for.

What is done is done by functions in the schema ``pgclinic`` of the watched database, so that pg_cron can call the same
ones: ``views.sql`` refreshes a view if it is due, and says in a table when; the remedies' upkeep makes partitions.
``patterns`` finds tables whose partitions follow one another regularly, ``settings`` is what the user's file says,
``work`` runs what is due on one server, ``refresher`` does so beside the watch.
"""
