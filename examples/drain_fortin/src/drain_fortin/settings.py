"""What the service is told by its environment, each variable with the prefix ``DRAIN_FORTIN_``."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

_PREFIX = "DRAIN_FORTIN_"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """``database`` is the primary's connection string; ``desk`` which implementation runs.

    The cured one also knows ``pooler`` (the primary through PgBouncer), ``replica``, ``redis`` (URL) and
    ``statements`` (the file of replaced statements), each optional. ``webhook_secret`` is what the voice assistant
    sends along, ``cookie_key`` signs the cookie by which visitors see their own writes. ``now`` stops the clock.
    """

    database: str
    desk: Literal["neglected", "cured"] = "cured"
    pooler: str = ""
    replica: str = ""
    redis: str = ""
    statements: Path | None = None
    webhook_secret: str
    cookie_key: str = ""
    now: datetime | None = None


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises msgspec.ValidationError, which names what is missing or wrong."""
    found = {
        key.removeprefix(_PREFIX).lower(): value
        for key, value in environment.items()
        if key.startswith(_PREFIX) and value
    }
    return msgspec.convert(found, Settings, strict=False, dec_hook=lambda kind, value: kind(value))
