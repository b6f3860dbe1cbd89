"""A small HTTP server for the endpoint, when there is no dashboard to serve it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from pgclinic.model.errors import UserError
from pgclinic.watch.metrics.endpoint import Answer, Endpoint

if TYPE_CHECKING:
    from socket import socket

PORT = 9187
"""Where exporters of PostgreSQL are looked for."""
_PATIENCE_SECONDS = 30
_MOST_AT_ONCE = 16


def address_of(listen: str) -> tuple[str, int]:
    """Host and port of ``127.0.0.1:9187``, ``[::1]:9187``, ``9187``. Raises UserError."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdigit() or not 0 <= int(port) < 1 << 16:
        raise UserError(f"--metrics: {listen!r} is no address; give host and port, such as 127.0.0.1:{PORT}.")
    return host, int(port)


class Server:
    """Serves the endpoint from a thread of its own until ``close``. Raises UserError for an address it cannot have."""

    def __init__(self, endpoint: Endpoint, host: str, port: int) -> None:
        handler = type("_Bound", (_Handler,), {"endpoint": endpoint})
        kind = type("_Server", (_Bounded,), {"address_family": _family(host)})
        try:
            self._server = kind((host, port), handler)
        except OSError as error:
            raise UserError(
                f"Cannot listen on {host}:{port}: {error.strerror or error}; give another --metrics."
            ) from None
        self.port: int = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, name="metrics", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Bounded(ThreadingHTTPServer):
    """At most so many requests at a time; who comes beyond that is turned away at once."""

    daemon_threads = True

    def __init__(self, *arguments: object) -> None:
        self._free = threading.Semaphore(_MOST_AT_ONCE)
        super().__init__(*arguments)  # type: ignore[arg-type]

    def process_request(self, request: "socket | tuple[bytes, socket]", client_address: object) -> None:
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: "socket | tuple[bytes, socket]", client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hung up is none of our errors."""


class _Handler(BaseHTTPRequestHandler):
    endpoint: Endpoint
    timeout = _PATIENCE_SECONDS
    server_version = "pgclinic"
    sys_version = ""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self._send(self.endpoint.answer(path, query, self.headers.get("Host", ""), self._patience()), is_head=False)

    def do_HEAD(self) -> None:
        path, _, query = self.path.partition("?")
        self._send(self.endpoint.answer(path, query, self.headers.get("Host", ""), self._patience()), is_head=True)

    def _patience(self) -> float | None:
        """How long Prometheus says that it waits."""
        try:
            return float(self.headers["X-Prometheus-Scrape-Timeout-Seconds"])
        except (KeyError, TypeError, ValueError):
            return None

    def _send(self, answer: Answer, *, is_head: bool) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if not is_head:
            self.wfile.write(answer.body)

    def log_message(self, *_: object) -> None:
        """A scrape every 15 s is no news."""


def _family(host: str) -> int:
    from socket import AF_INET, AF_INET6  # noqa: PLC0415 - beside its use

    return AF_INET6 if ":" in host else AF_INET
