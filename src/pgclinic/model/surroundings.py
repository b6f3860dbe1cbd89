"""The machine on which plans are made: what PostgreSQL it has, and whether a private server can run there."""

import msgspec


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """A place where PostgreSQL's programs were looked for and something was found.

    ``origin`` says how it was come upon. ``version`` is empty when it could not be asked; ``refused`` says in a
    sentence's end why it is not taken, and is empty when it can be.
    """

    directory: str
    origin: str
    version: str = ""
    refused: str = ""


class Planning(msgspec.Struct, frozen=True, kw_only=True):
    """Which installation would plan for a database, and what it could not hold of that database."""

    database: str
    server_version: str
    planned_by: str
    is_own_major: bool
    lacking: tuple[str, ...] = ()


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What ``pgclinic doctor`` sees of a machine.

    ``chosen`` is the directory of the installation that would plan, empty where there is none; ``reason`` says why
    that one. ``account`` is whom private servers run as, empty for the user. ``failure`` says why a private server
    did not start, and is empty when it did. ``swept`` are folders of killed runs that were removed. Sizes in bytes;
    ``memory`` is 0 where the system does not tell.
    """

    installations: tuple[Installation, ...]
    chosen: str
    reason: str
    home: str
    account: str
    failure: str
    cores: int
    memory: int
    disk_free: int
    swept: tuple[str, ...] = ()
    planning: Planning | None = None
    contract_version: int = 1

    @property
    def is_well(self) -> bool:
        """Whether plans can be made, and are those that the database's own server would make."""
        return not self.failure and (
            self.planning is None or (self.planning.is_own_major and not self.planning.lacking)
        )
