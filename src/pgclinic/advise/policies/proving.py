"""How it could be shown on the user's own rows that old and new policies let the same ones through.

One read-only query by a role exempt from row-level security compares the old conditions with the new ones on every row
(null counts as false, as row-level security takes it), under each value of the settings that the conditions read.
"""

from collections.abc import Iterator, Sequence

from pgclinic.advise.policies.effective import COMMANDS, conditions_of
from pgclinic.model.catalog import Policy, Relation
from pgclinic.model.prescription import EqualRows
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote
from pgclinic.sql.expressions import texts_compared_without_columns
from pgclinic.sql.mentions import words
from pgclinic.sql.session_reading import names_the_role, settings_read

_NOBODY = "pgclinic_nobody"
"""A value that stands for everybody whom the conditions do not name."""


def proof_of(
    snapshot: Snapshot, table: Relation, before: Sequence[Policy], after: Sequence[Policy]
) -> EqualRows | None:
    """The query and the settings to ask it under; None where the conditions depend on who asks or what is hidden."""
    expressions = [each for policy in before for each in (policy.using, policy.with_check) if each is not None]
    bodies = list(_bodies(snapshot, expressions))
    if None in bodies or any(names_the_role(text) for text in (*expressions, *filter(None, bodies))):
        return None
    names = sorted(frozenset().union(*(settings_read(text) for text in (*expressions, *filter(None, bodies)))))
    texts = sorted(frozenset().union(*map(texts_compared_without_columns, expressions)))
    values = (*texts, "", _NOBODY)
    differing = " or ".join(_differences(before, after))
    return EqualRows(
        sql=f"select pg_catalog.count(*) from {quote.relation(table.relation_name)} where {differing}",
        settings=tuple(((name, value),) for name in names for value in values) or ((),),
    )


def _bodies(snapshot: Snapshot, expressions: Sequence[str]) -> Iterator[str | None]:
    """The texts of all functions that the conditions may call, and that these may; None for one that is hidden."""
    pending, seen = list(expressions), set()
    while pending:
        named = words(pending.pop())
        for function in snapshot.functions:
            if function.name in named and function.oid not in seen:
                seen.add(function.oid)
                pending += [function.sql] if function.sql else []
                yield function.sql


def _differences(before: Sequence[Policy], after: Sequence[Policy]) -> Iterator[str]:
    """For each set of roles and command: the old conditions together against the new ones; restrictive ones singly."""
    pairs: dict[tuple[str, str], None] = {}
    for group in sorted({tuple(sorted(policy.roles)) for policy in before if policy.is_permissive}):
        old, new = (
            conditions_of(
                policy for policy in policies if policy.is_permissive and tuple(sorted(policy.roles)) == group
            )
            for policies in (before, after)
        )
        for command in COMMANDS:
            was, becomes = old.get(command), new.get(command)
            for each in ("using", "checks"):
                pairs[_together(getattr(was, each, ())), _together(getattr(becomes, each, ()))] = None
    restrictive = {policy.name: policy for policy in after if not policy.is_permissive}
    for policy in before:
        if not policy.is_permissive:
            new_one = restrictive[policy.name]
            pairs[_together((policy.using,)), _together((new_one.using,))] = None
            pairs[_together((policy.with_check,)), _together((new_one.with_check,))] = None
    for was_text, becomes_text in pairs:
        if was_text != becomes_text:
            yield f"({was_text}) is distinct from ({becomes_text})"


def _together(conditions: Sequence[str | None]) -> str:
    return " or ".join(f"(({each}) is true)" for each in conditions if each is not None) or "false"
