"""A table's policies rewritten so that the same rows are let through with less work.

Three steps, each equal by its form: roles that a condition names itself are said with TO; values that no row changes
are computed once; the permissive policies that apply to the same roles become one a command. A policy that is true for
everyone is never touched, nor what it overrules: that is a question of security.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from pgclinic.advise.policies.effective import COMMANDS, Condition, conditions_of
from pgclinic.model.catalog import Policy, Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies.create_index import LONGEST_NAME
from pgclinic.sql.alternatives import any_of
from pgclinic.sql.expressions import FunctionCall, is_always_true
from pgclinic.sql.mentions import words
from pgclinic.sql.once import computed_once
from pgclinic.sql.policies import roles_asked_for
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import expression_of
from pgclinic.sql.volatility import volatility_of


def rewritten(snapshot: Snapshot, table: Relation) -> tuple[Policy, ...]:
    """The policies that the table should have, by name; those that it has where nothing is better."""
    policies = snapshot.policies_of.get(table.oid, ())
    if not all(_is_readable(policy) for policy in policies):
        return policies
    named = [for_its_roles(snapshot, table, policy) for policy in policies]
    return tuple(sorted(_merged([_once(snapshot, policy) for policy in named]), key=lambda policy: policy.name))


def is_open(policy: Policy) -> bool:
    """Whether it is true for every row, by its form."""
    return any(each is not None and is_always_true(each) for each in (policy.using, policy.with_check))


def for_its_roles(snapshot: Snapshot, table: Relation, policy: Policy) -> Policy:
    """With TO the roles that its conditions ask ``current_user`` to be; the same policy where that proves nothing.

    For a role that is none of them the condition is false, and so it is without the policy. Only a view that reads
    the table as its owner tells the two apart: there ``current_user`` is not whose policies apply.
    """
    if not policy.is_permissive or policy.roles != ("public",) or _is_read_by_a_view(snapshot, table):
        return policy
    asked = {roles_asked_for(each) for each in (policy.using, policy.with_check) if each is not None}
    (roles,) = asked if len(asked) == 1 else (frozenset(),)
    known = {role.name for role in snapshot.roles}
    return replace(policy, roles=tuple(sorted(roles))) if roles and roles <= known else policy


def _is_readable(policy: Policy) -> bool:
    try:
        for each in filter(None, (policy.using, policy.with_check)):
            expression_of(each)
    except UnreadableSqlError:
        return False
    return True


def _is_read_by_a_view(snapshot: Snapshot, table: Relation) -> bool:
    return any(
        each.kind in {"v", "m"} and table.name in words(each.definition or table.name) for each in snapshot.relations
    )


def _once(snapshot: Snapshot, policy: Policy) -> Policy:
    def volatility(call: FunctionCall) -> str:
        return volatility_of(snapshot, call)

    return replace(
        policy,
        using=policy.using and computed_once(policy.using, volatility),
        with_check=policy.with_check and computed_once(policy.with_check, volatility),
    )


def _merged(policies: Sequence[Policy]) -> Iterator[Policy]:
    groups: dict[frozenset[str], list[Policy]] = {}
    for policy in policies:
        if policy.is_permissive:
            groups.setdefault(frozenset(policy.roles), []).append(policy)
        else:
            yield policy
    taken = {policy.name for policy in policies}
    for group in groups.values():
        if len(group) == 1 or any(map(is_open, group)) or not _are_stacked(group):
            yield from group
        else:
            yield from _as_one(group, taken)


def _are_stacked(group: Sequence[Policy]) -> bool:
    return any(sum(policy.command in {"ALL", command} for policy in group) > 1 for command in COMMANDS)


def _as_one(group: Sequence[Policy], taken: set[str]) -> Iterator[Policy]:
    """One policy for all commands where they have the same conditions, else one a command."""
    conditions = conditions_of(group)
    reading = {conditions.get(command, Condition()).using for command in ("SELECT", "UPDATE", "DELETE")}
    writing = {conditions.get(command, Condition()).checks for command in ("INSERT", "UPDATE")}
    first = group[0]
    if len(reading) == len(writing) == 1:
        name = _name([policy.name for policy in group], "", taken)
        yield _policy(first, name, "ALL", Condition(*reading, *writing))
        return
    for command, condition in conditions.items():
        applying = [policy for policy in group if policy.command in {"ALL", command}]
        alone = applying[0] if len(applying) == 1 else None
        if alone is not None and alone.command == command:
            yield alone
        else:
            yield _policy(first, _name([policy.name for policy in applying], command, taken), command, condition)


def _policy(like: Policy, name: str, command: str, condition: Condition) -> Policy:
    using = any_of(condition.using) if condition.using else None
    check = any_of(condition.checks) if condition.checks else None
    if command in {"ALL", "UPDATE"} and check == using:
        check = None
    return replace(like, name=name, command=command, using=using, with_check=check)


def _name(names: Iterable[str], command: str, taken: set[str]) -> str:
    """What they were called, and for which command this part of them is; numbered where the name is taken."""
    stem = " or ".join(names).encode()
    number = 0
    while True:
        ending = (f" ({command.lower()})" if command else "") + (f" {number}" if number else "")
        name = stem[: LONGEST_NAME - len(ending)].decode(errors="ignore") + ending
        if name not in taken:
            taken.add(name)
            return name
        number += 1
