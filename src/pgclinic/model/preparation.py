"""What ``pgclinic prepare`` does to a database, and what came of it."""

import msgspec

from pgclinic.model.finding import BlindSpot


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """The statements that prepare a database, or take the preparation away; none holds a password.

    ``has_password``: a password was given, which is set apart. ``kept`` says in sentences what was left, and why.
    """

    database: str
    role: str
    statements: tuple[str, ...]
    has_password: bool = False
    kept: tuple[str, ...] = ()


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What the monitoring role really sees.

    ``connected_by`` is ``login``, ``set role`` where no password was known, or empty where neither was possible; then
    ``failure`` says why. ``is_read_only``: its transactions begin so, None where that could not be tried.
    Tables are counted with the platform's own left out; ``with_values`` are those whose sampled values are seen too.
    """

    database: str
    role: str
    connected_by: str
    failure: str = ""
    is_read_only: bool | None = None
    statements: int = 0
    tables: int = 0
    with_statistics: int = 0
    with_values: int = 0
    blind_spots: tuple[BlindSpot, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the role could be used, and nothing that a grant would show is hidden from it."""
        return bool(self.connected_by) and not any(spot.grant for spot in self.blind_spots)
