"""Drain Fortin's service: a voice assistant answers the phone, people look at what came of it.

Written twice over one interface (``desk.Desk``): ``neglected`` asks the database as the application once did, ``cured``
asks through pgclinic-runtime. Everything above the interface is the same.
"""
