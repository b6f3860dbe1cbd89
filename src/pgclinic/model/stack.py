"""Which running parts pay beside a database, with which values, and why."""

import msgspec

from pgclinic.model.evidence import Fact


class StackSetting(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a part's configuration file: ``file`` is that file's stem in what ``stack write`` makes."""

    file: str
    name: str
    value: str


class StackPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part: a pooler, a replica, a cache.

    ``pays``: whether it is worth having here; ``reason`` says why or why not, an English template whose places are
    filled from ``facts``, and ``remarks`` what must be known besides. ``settings`` are its values, of a part that does
    not pay those that it would begin with. ``equivalent`` is what the managed service that this server is has in its
    place, empty on a server of one's own.
    """

    name: str
    pays: bool
    reason: str
    facts: tuple[Fact, ...] = ()
    remarks: tuple["StackRemark", ...] = ()
    settings: tuple[StackSetting, ...] = ()
    equivalent: str = ""

    def value(self, name: str) -> str:
        """The value of a setting. Raises KeyError."""
        for each in self.settings:
            if each.name == name:
                return each.value
        raise KeyError(name)

    def of_file(self, file: str) -> dict[str, str]:
        """Its settings of one file, in their order."""
        return {each.name: each.value for each in self.settings if each.file == file}


class StackRemark(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known of a part: an English template, its places filled from ``facts``."""

    text: str
    facts: tuple[Fact, ...] = ()


class StackPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The path from the clients to the data, part by part. ``clock`` is when the database was seen."""

    database: str
    server_version: str
    clock: str
    service: str
    parts: tuple[StackPart, ...]
    contract_version: str = "1"

    def part(self, name: str) -> StackPart:
        """The part of this name."""
        return next(each for each in self.parts if each.name == name)


def with_all_parts(plan: StackPlan) -> StackPlan:
    """The same plan as if every part paid."""
    parts = tuple(msgspec.structs.replace(part, pays=True) for part in plan.parts)
    return msgspec.structs.replace(plan, parts=parts)
