"""Listening: on loopback with a token, or behind an identity proxy, in plain HTTP or TLS."""

import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import uvicorn
from litestar.types import ASGIApp

from pgclinic.model.errors import UserError
from pgclinic.web.access.policy import Policy, digest_of, is_loopback, networks, new_token
from pgclinic.web.access.visitor import Role

DEFAULT_PORT = 8432


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how to listen, as typed. ``host`` and ``port`` as in ``HOST:PORT``; port 0 takes any that is free.

    ``allow_hosts`` are names that the server also goes by, with their port where it is not the scheme's own.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    allow_hosts: tuple[str, ...] = ()
    trust_header: str = ""
    proxies: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    may_treat: bool = False


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """An open socket with the policy for whoever comes. ``addresses`` are to be told once: each holds a secret."""

    socket: socket.socket
    policy: Policy
    addresses: tuple[tuple[Role, str], ...]
    listening: Listening


def place(text: str) -> tuple[str, int]:
    """``HOST:PORT``, ``HOST`` or ``:PORT`` as a pair. Raises UserError for anything else."""
    host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        host, port = text, str(DEFAULT_PORT)
    if not port.isascii() or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the greatest port
        raise UserError(f"{text} is no place to listen; write HOST:PORT, such as 127.0.0.1:{DEFAULT_PORT}.")
    return host.strip("[]") or "127.0.0.1", int(port)


def opened(listening: Listening) -> Door:
    """Listen, without answering yet. Raises UserError for what would not be safe, and for a port that is taken."""
    _demand_safe(listening)
    proxies = networks(listening.proxies)
    listener = _socket(listening.host, listening.port)
    port = listener.getsockname()[1]
    is_secure = listening.tls_cert is not None
    scheme = "https" if is_secure else "http"
    names = ("127.0.0.1", "localhost", "[::1]") if is_loopback(listening.host) else ()
    own = [f"{name}:{port}" for name in names]
    hosts = frozenset([*own, *listening.allow_hosts])
    # Browsers reach a proxy by TLS; what is asked for directly has our own scheme.
    through = "https" if listening.trust_header or is_secure else "http"
    origins = frozenset(
        [f"{scheme}://{host}" for host in own] + [f"{through}://{host}" for host in listening.allow_hosts]
    )
    roles = (Role.OPERATOR, Role.VIEWER) if listening.may_treat else (Role.VIEWER,)
    secrets = {} if listening.trust_header else {role: new_token() for role in roles}
    policy = Policy(
        hosts=hosts,
        origins=origins,
        is_secure=is_secure or bool(listening.trust_header and not is_loopback(listening.host)),
        tokens={digest_of(token): role for role, token in secrets.items()},
        trust_header=listening.trust_header,
        proxies=proxies,
        operators=frozenset(listening.operators),
        may_treat=listening.may_treat,
    )
    shown = f"[{listening.host}]" if ":" in listening.host else listening.host
    addresses = tuple((role, f"{scheme}://{shown}:{port}/enter?token={token}") for role, token in secrets.items())
    return Door(socket=listener, policy=policy, addresses=addresses, listening=listening)


def server(door: Door, app: ASGIApp) -> uvicorn.Server:
    """What answers; nothing is logged of addresses, which hold tokens, and no header but our own is believed."""
    listening = door.listening
    config = uvicorn.Config(
        app,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=5,
        ssl_certfile=listening.tls_cert,
        ssl_keyfile=listening.tls_key,
    )
    return uvicorn.Server(config)


def serve(door: Door, app: ASGIApp, *, on_ready: Callable[[], object] = lambda: None) -> None:
    """Answer until interrupted."""
    on_ready()
    try:
        server(door, app).run(sockets=[door.socket])
    finally:
        door.socket.close()


def _demand_safe(listening: Listening) -> None:
    if bool(listening.trust_header) != bool(listening.proxies):
        raise UserError("--trust-header and --proxy belong together: the header is believed from these proxies alone.")
    if not is_loopback(listening.host) and not listening.trust_header:
        raise UserError(
            f"{listening.host} can be reached by others: put an identity proxy before it and give --trust-header and "
            "--proxy, or listen on 127.0.0.1."
        )
    if not is_loopback(listening.host) and not listening.allow_hosts:
        raise UserError(f"Say with --allow-host by which names {listening.host} is asked, such as pg.example.com.")
    if (listening.tls_cert is None) != (listening.tls_key is None):
        raise UserError("--tls-cert and --tls-key belong together.")
    for file in filter(None, (listening.tls_cert, listening.tls_key)):
        if not file.is_file():
            raise UserError(f"There is no file {file}.")
    if listening.tls_cert is not None and listening.tls_key is not None:
        _demand_pair(listening.tls_cert, listening.tls_key)


def _demand_pair(certificate: Path, key: Path) -> None:
    """Raise UserError unless the key is the certificate's own and readable without a pass phrase."""
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        raise UserError(
            f"{certificate} and {key} cannot be used for HTTPS ({str(reason).replace('_', ' ').lower()}): give a "
            "certificate chain and its private key as PEM files, without a pass phrase."
        ) from error


def _socket(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)  # whoever comes before the application is ready waits
    except OSError as error:
        raise UserError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}; choose another place with --listen."
        ) from error
    return listener


def told(addresses: Sequence[tuple[Role, str]]) -> list[str]:
    """The addresses to print, each with what it is for."""
    return [f"{role.name.lower():<9} {address}" for role, address in addresses]
