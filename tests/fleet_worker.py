"""A worker of the fleet as a process: ``python fleet_worker.py STORE``; ends at SIGTERM."""

import signal
import sys
import threading

from pgclinic.watch.fleet import Fleet, Pace
from pgclinic.watch.history import History

if __name__ == "__main__":
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    history = History(sys.argv[1])
    Fleet(history, pace=Pace(shift_seconds=6, interval=1, at_once=8, poll_seconds=1)).run(over)
    history.close()
