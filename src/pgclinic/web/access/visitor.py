"""Who is asking."""

from enum import IntEnum

import msgspec


class Role(IntEnum):
    """What somebody may do; the order is meant to be compared."""

    VIEWER = 0
    """Looks at everything, and plans on the twin."""
    OPERATOR = 1
    """Also treats and undoes, where the server was started with --allow-treat."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was let in. ``session`` is a secret that CSRF tokens are made from, empty for a bearer of a token.

    ``name`` is what an identity proxy calls them, empty for whoever holds the token.
    """

    role: Role
    name: str = ""
    session: bytes = b""

    @property
    def is_bearer(self) -> bool:
        """Whether they sent the token itself, as scripts do and no foreign page can."""
        return not self.session
