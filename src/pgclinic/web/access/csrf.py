"""Tokens that only our own pages know: no other page can write in a visitor's name.

Each page gets another one, so that the length of compressed pages tells nothing of it (the BREACH attack, 2013).
"""

import base64
import hashlib
import hmac
import secrets

from pgclinic.web.access.visitor import Visitor

HEADER = "x-csrf-token"
FIELD = "csrf"
_NONCE = 12


def token_for(visitor: Visitor) -> str:
    """A new token for the visitor's session."""
    nonce = secrets.token_bytes(_NONCE)
    return base64.urlsafe_b64encode(nonce + _signed(visitor, nonce)).decode()


def is_genuine(token: str, visitor: Visitor) -> bool:
    """Whether the token was made for this visitor's session."""
    try:
        whole = base64.urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        return False
    nonce, signature = whole[:_NONCE], whole[_NONCE:]
    return hmac.compare_digest(signature, _signed(visitor, nonce))


def _signed(visitor: Visitor, nonce: bytes) -> bytes:
    return hmac.new(visitor.session, nonce, hashlib.sha256).digest()
