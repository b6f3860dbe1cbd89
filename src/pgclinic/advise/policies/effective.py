"""What a table's permissive policies together let through, command by command (``rowsecurity.c``)."""

from collections.abc import Iterable

import msgspec

from pgclinic.model.catalog import Policy

COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")


class Condition(msgspec.Struct, frozen=True):
    """Of a command: one of ``using`` must hold for a row that is there, one of ``checks`` for a row that is written."""

    using: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


def conditions_of(policies: Iterable[Policy]) -> dict[str, Condition]:
    """Conditions by command of permissive policies that apply to the same roles; without those that have none."""
    policies = tuple(policies)
    found = {command: _condition(policies, command) for command in COMMANDS}
    return {command: condition for command, condition in found.items() if condition != Condition()}


def _condition(policies: tuple[Policy, ...], command: str) -> Condition:
    applying = [policy for policy in policies if policy.command in {"ALL", command}]
    using = [policy.using for policy in applying if policy.using is not None and command != "INSERT"]
    # USING stands for both where there is no WITH CHECK.
    checks = [policy.with_check or policy.using for policy in applying if command in {"INSERT", "UPDATE"}]
    return Condition(tuple(dict.fromkeys(using)), tuple(dict.fromkeys(each for each in checks if each)))
