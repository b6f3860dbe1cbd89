"""Whether two answers say the same: lists in any order among equals, numbers however many zeros they end in."""

import hashlib
import json
from decimal import Decimal, InvalidOperation


def digest(body: bytes) -> str:
    """Equal for JSON that says the same, and for other texts that are the same.

    Statements order their rows by columns that several rows may share, so that a list is compared as the set that it
    is; an average has as many zeros at its end as the server's way of computing it left.
    """
    try:
        content = _canonical(json.loads(body))
    except ValueError:
        content = body.decode(errors="replace")
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _canonical(value: object) -> str:
    match value:
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{_canonical(value[key])}" for key in sorted(value)) + "}"
        case list():
            return "[" + ",".join(sorted(map(_canonical, value))) + "]"
        case str():
            return json.dumps(_number(value))
    return json.dumps(value)


def _number(text: str) -> str:
    """A decimal number without zeros at its end; any other text as it is."""
    try:
        return format(Decimal(text).normalize(), "f") if "." in text else text
    except InvalidOperation:
        return text
