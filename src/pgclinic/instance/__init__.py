"""Private PostgreSQL servers: find the programs, start, stop, and sweep what a killed run left behind."""

from pgclinic.instance.account import server_account
from pgclinic.instance.binaries import Binaries, binaries_for, find_binaries, survey
from pgclinic.instance.machine import machine_memory
from pgclinic.instance.server import Instance, start
from pgclinic.instance.storage import home, sweep

__all__ = [
    "Binaries",
    "Instance",
    "binaries_for",
    "find_binaries",
    "home",
    "machine_memory",
    "server_account",
    "start",
    "survey",
    "sweep",
]
