"""Give a table other row-level security policies, all in one transaction: nobody ever sees it without."""

from collections.abc import Iterator, Sequence

from pgclinic.model.catalog import Policy, Relation
from pgclinic.model.prescription import Remedy, Statement
from pgclinic.sql import quote

_QUALIFIER = quote.literal(r'("[^"]+"|[[:alnum:]_$]+)\.')


def remedy(table: Relation, before: Sequence[Policy], after: Sequence[Policy]) -> Remedy:
    """Drop, alter and create until the table has those of ``after``; the way back gives the old ones as they were.

    Both in the order of names. Raises ValueError when nothing is different.
    """
    do = tuple(_changes(table, before, after))
    if not do:
        raise ValueError(f"{table.relation_name} has these policies")
    return Remedy(
        kind="rewrite_policies",
        do=do,
        undo=tuple(_changes(table, after, before)),
        verify=f"select {' and '.join(_signs(table, before, after))}",
    )


def _changes(table: Relation, before: Sequence[Policy], after: Sequence[Policy]) -> Iterator[Statement]:
    old, new = ({policy.name: policy for policy in policies} for policies in (before, after))
    kept = {name for name in old.keys() & new.keys() if _can_be_altered(old[name], new[name])}
    for name in sorted(old.keys() - kept):
        yield _statement(table, f"drop policy {quote.identifier(name)} on {quote.relation(table.relation_name)}")
    for name in sorted(kept):
        if old[name] != new[name]:
            yield _statement(table, _alter(table, old[name], new[name]))
    for name in sorted(new.keys() - kept):
        yield _statement(table, _create(table, new[name]))


def _can_be_altered(old: Policy, new: Policy) -> bool:
    """ALTER POLICY changes neither the command nor the kind, and takes no condition away."""
    return (
        (old.command, old.is_permissive) == (new.command, new.is_permissive)
        and (old.using is None or new.using is not None)
        and (old.with_check is None or new.with_check is not None)
    )


def _alter(table: Relation, old: Policy, new: Policy) -> str:
    words = [f"alter policy {quote.identifier(new.name)} on {quote.relation(table.relation_name)}"]
    if old.roles != new.roles:
        words.append(f"to {_roles(new)}")
    if old.using != new.using:
        words.append(f"using ({new.using})")
    if old.with_check != new.with_check:
        words.append(f"with check ({new.with_check})")
    return " ".join(words)


def _create(table: Relation, policy: Policy) -> str:
    words = [
        f"create policy {quote.identifier(policy.name)} on {quote.relation(table.relation_name)}",
        f"as {'permissive' if policy.is_permissive else 'restrictive'}",
        f"for {policy.command.lower()}",
        f"to {_roles(policy)}",
    ]
    if policy.using is not None:
        words.append(f"using ({policy.using})")
    if policy.with_check is not None:
        words.append(f"with check ({policy.with_check})")
    return " ".join(words)


def _roles(policy: Policy) -> str:
    return ", ".join("public" if role == "public" else quote.identifier(role) for role in policy.roles) or "public"


def _statement(table: Relation, sql: str) -> Statement:
    return Statement(
        sql=sql,
        lock="ACCESS EXCLUSIVE",
        blocks="everything on {table}, for an instant",
        table=str(table.relation_name),
    )


def _signs(table: Relation, before: Sequence[Policy], after: Sequence[Policy]) -> Iterator[str]:
    """What is true once it is done. How the server will write a new condition is not known, only that it is new."""
    old, new = ({policy.name: policy for policy in policies} for policies in (before, after))
    for name in sorted(old.keys() - new.keys()):
        yield f"not {_exists(table, name)}"
    for name in sorted(new):
        was, becomes = old.get(name), new[name]
        if was == becomes:
            continue
        signs = [f"p.cmd = {quote.literal(becomes.command)}"]
        if was is not None and was.command == becomes.command:
            signs += [
                f"{_unqualified(f'p.{column}')} is distinct from {_unqualified(quote.literal(text))}"
                for column, text, other in (
                    ("qual", was.using, becomes.using),
                    ("with_check", was.with_check, becomes.with_check),
                )
                if text is not None and text != other
            ]
            if was.roles != becomes.roles:
                roles = ", ".join(map(quote.literal, becomes.roles))
                signs.append(f"p.roles @> array[{roles}]::name[]")
        yield _exists(table, name, *signs)


def _unqualified(condition: str) -> str:
    """A condition without schemas: a server leaves those out that its session's search path has."""
    return f"pg_catalog.regexp_replace({condition}, {_QUALIFIER}, '', 'g')"


def _exists(table: Relation, name: str, *signs: str) -> str:
    conditions = (
        f"p.schemaname = {quote.literal(table.schema)}",
        f"p.tablename = {quote.literal(table.name)}",
        f"p.policyname = {quote.literal(name)}",
        *signs,
    )
    return f"exists (select from pg_catalog.pg_policies as p where {' and '.join(conditions)})"
