"""Which operating-system account runs a private server: PostgreSQL refuses to run as root."""

import os
import pwd
from functools import cache

import msgspec


class Account(msgspec.Struct, frozen=True):
    """A user and group id. ``is_other`` when it is not our own, so that files must be handed over to it."""

    uid: int
    gid: int
    name: str
    is_other: bool

    @property
    def switch_user(self) -> int | None:
        """For subprocess's ``user``: None while it is our own."""
        return self.uid if self.is_other else None

    @property
    def switch_group(self) -> int | None:
        """For subprocess's ``group``."""
        return self.gid if self.is_other else None

    @property
    def switch_groups(self) -> list[int] | None:
        """For subprocess's ``extra_groups``: none of root's."""
        return [] if self.is_other else None


@cache
def server_account() -> Account:
    """Ourselves; for root the user ``pgclinic`` where an administrator made one, else ``nobody``.

    No account is created: ``nobody`` owns nothing, and each server's files are its own and readable by no other.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), "", is_other=False)
    for name in ("pgclinic", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name, is_other=True)
    return Account(65534, 65534, "65534", is_other=True)
