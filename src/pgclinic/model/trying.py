"""A running part that ``stack up`` has started."""

import msgspec


class TriedPart(msgspec.Struct, frozen=True):
    """``address`` is a connection string or a URL without a secret, ``folder`` where its files are."""

    name: str
    program: str
    folder: str
    address: str
    is_healthy: bool = False
