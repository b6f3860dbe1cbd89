"""Private PostgreSQL servers: find the programs, start, stop, and sweep what a killed run left behind."""

from pgclinic.instance.account import server_account
from pgclinic.instance.binaries import Binaries, binaries_for, find_binaries, survey
from pgclinic.instance.machine import machine_memory
from pgclinic.instance.process import Process, run_as_server
from pgclinic.instance.server import Instance, InstanceError, failure, start, start_filled
from pgclinic.instance.storage import Claim, claim, home, release, sweep

__all__ = [
    "Binaries",
    "Claim",
    "Instance",
    "InstanceError",
    "Process",
    "binaries_for",
    "claim",
    "failure",
    "find_binaries",
    "home",
    "machine_memory",
    "release",
    "run_as_server",
    "server_account",
    "start",
    "start_filled",
    "survey",
    "sweep",
]
