"""Write one table's rows as COPY text to standard output: ``python -m pgclinic.demo.data TABLE CALLS SEED NOW``.

A process of its own, because making the rows takes about as long as the server takes to store them.
"""

import signal
import sys
from datetime import datetime

from pgclinic.demo.data.tables import TABLES, chunks
from pgclinic.demo.data.world import World


def write(name: str, calls: str, seed: str, now: str) -> None:
    """Write everything, or end without a word when nobody reads any more."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    world = World(int(calls), int(seed), datetime.fromisoformat(now))
    table = next(table for table in TABLES if table.name == name)
    for _, piece in chunks(table, world):
        sys.stdout.buffer.write(piece)


write(*sys.argv[1:])
