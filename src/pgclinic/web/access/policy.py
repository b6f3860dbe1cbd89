"""What the server accepts, decided once when it is started."""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping, Sequence

import msgspec

from pgclinic.model.errors import UserError
from pgclinic.web.access.visitor import Role

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Which names the server answers to, and who is let in.

    ``hosts`` are the values that a request's Host may have, port and all, ``origins`` those of its Origin.
    ``is_secure``: browsers come by TLS, so that cookies need it. ``tokens`` are SHA-256 digests of the secrets and the
    role of each. ``trust_header`` is the header in which an identity proxy names the user, believed from ``proxies``
    alone; then no token is taken. ``operators`` are the users who may treat, ``*`` for all.
    """

    hosts: frozenset[str]
    origins: frozenset[str]
    is_secure: bool = False
    tokens: Mapping[bytes, Role] = {}
    trust_header: str = ""
    proxies: tuple[_Network, ...] = ()
    operators: frozenset[str] = frozenset()
    may_treat: bool = False

    def role_of(self, token: str) -> Role | None:
        """The role that a secret gives; None for a wrong one. Every digest is compared, so that time tells nothing."""
        digest = digest_of(token)
        found = [role for known, role in self.tokens.items() if hmac.compare_digest(known, digest)]
        return max(found, default=None)

    def role_of_user(self, name: str) -> Role:
        """The role of somebody whom the proxy named."""
        is_operator = self.may_treat and bool({name, "*"} & self.operators)
        return Role.OPERATOR if is_operator else Role.VIEWER

    def is_proxy(self, address: str) -> bool:
        """Whether this address is one whose word is taken."""
        try:
            sender = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(sender in network for network in self.proxies)


def new_token() -> str:
    """A secret of 256 bits, fit for a URL."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> bytes:
    """What is kept of a secret: it is random, so that one round is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to such an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def networks(addresses: Sequence[str]) -> tuple[_Network, ...]:
    """Addresses and CIDR blocks as typed. Raises UserError for what is none."""
    found = []
    for address in addresses:
        try:
            found.append(ipaddress.ip_network(address, strict=False))
        except ValueError:
            raise UserError(f"{address} is neither an address nor a network such as 10.0.0.0/8.") from None
    return tuple(found)
