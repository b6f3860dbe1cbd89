"""Serve until told to stop: ``DRAIN_FORTIN_DATABASE=… python -m drain_fortin [--port 8000] [--workers 1]``.

With ``--port 0`` the port is free-chosen. The first line on stdout is the address, once it is listened at.
"""

import argparse
import os
import signal
import socket
import sys
import threading

import msgspec
import uvicorn
from uvicorn.supervisors import Multiprocess

from drain_fortin.settings import settings_from

_BACKLOG = 2048
_LAST_SECONDS = 5
_HUNG_SECONDS = 60
"""A worker that says nothing for so long is ended, and another one started."""
_KEEP_ALIVE_SECONDS = 75
"""Longer than the proxies and clients before it keep a connection, so that none is closed under their hands."""


def main() -> None:
    """Run the service in this process, or in several."""
    parser = argparse.ArgumentParser(prog="drain_fortin", description="Serve Drain Fortin.")
    parser.add_argument("--port", type=int, default=8000, help="on 127.0.0.1; 0 for any that is free")
    parser.add_argument("--workers", type=int, default=1, help="processes that answer")
    parser.add_argument("--until-closed", action="store_true", help="end when stdin is closed, as by its starter's end")
    options = parser.parse_args()
    if options.until_closed:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    try:
        settings_from()
    except msgspec.ValidationError as error:
        sys.exit(f"drain_fortin: the environment (DRAIN_FORTIN_…) is not complete: {error}")
    config = uvicorn.Config(
        "drain_fortin.service:from_environment",
        factory=True,
        workers=options.workers,
        access_log=False,
        log_level="warning",
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_LAST_SECONDS,
        timeout_worker_healthcheck=_HUNG_SECONDS,
    )
    with socket.create_server(("127.0.0.1", options.port), backlog=_BACKLOG) as listening:
        sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        if options.workers > 1:
            Multiprocess(config, sockets=[listening]).run()
        else:
            uvicorn.Server(config).run(sockets=[listening])


def _end_with_stdin() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
