"""Settings as numbers, whatever unit the server keeps them in."""

from typing import TYPE_CHECKING

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.services import service_named

if TYPE_CHECKING:
    from pgclinic.model.catalog import Setting
    from pgclinic.model.snapshot import Snapshot

_UNITS = {"B": 1, "kB": 1 << 10, "8kB": 8 << 10, "16MB": 16 << 20, "MB": 1 << 20, "ms": 0.001, "s": 1, "min": 60}
_OFF = {"off", "false", "no", "0"}


def number(setting: "Setting") -> float:
    """The value in bytes or seconds where the setting has a unit, else as it is. Raises ValueError for words."""
    scale = _UNITS.get(setting.unit)
    if scale is None and setting.unit.endswith("kB"):
        scale = int(setting.unit.removesuffix("kB")) << 10
    return float(setting.value) * (scale or 1)


def known(snapshot: "Snapshot", name: str) -> float | None:
    """A server-wide setting as a number, None where the server does not have it, hides it, or it is no number."""
    setting = snapshot.setting.get(name)
    try:
        return number(setting) if setting else None
    except ValueError:
        return None


def is_off(setting: "Setting") -> bool:
    """Whether a switch is off."""
    return setting.value.lower() in _OFF


def of_database(snapshot: "Snapshot", name: str) -> str | None:
    """The value that a new session of this database begins with, as it was written, but for what roles have."""
    own = next((one for one in snapshot.settings if one.name == name and one.scope == "database"), None)
    found = own or snapshot.setting.get(name)
    return found.value if found else None


def place(snapshot: "Snapshot") -> Fact:
    """The fact ``place``: where the owner of this server changes a setting, as a sentence's end."""
    service = service_named(snapshot.server.service)
    return Fact("place", service.settings_place if service else "and reload the configuration", Unit.PHRASE)
