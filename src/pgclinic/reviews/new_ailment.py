"""The migration makes the database ill in a way that a check knows.

What it sees:
    The checks of `pgclinic list checks` that look at policies, security, views, keys and indexes are asked before and
    after the migration; what they find only afterwards goes by the check's own name. New tables are judged as if
    they had filled already.

Why it matters:
    It is cheaper to put it right now than to find it in a checkup later.

What to do:
    What the check's page says.
"""

from collections.abc import Iterator

import msgspec

from pgclinic import checks
from pgclinic.checks import Check
from pgclinic.model.evidence import Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.review import Migration, Objection, Place
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.refreshing import refreshed_concurrently

_FAMILIES = frozenset({"indexes", "policies", "schema", "security", "views"})
_ALWAYS_TOLD = frozenset({"policies", "security", "views"})
"""Families whose findings are worth a word in a review even where a checkup only mentions them."""
_OF_TIME = frozenset({"invalid_index", "reindex_leftover", "stale_materialized_view"})
"""Checks of what happens to a database, and not of what a migration writes."""
_OWN_RULES = frozenset({"duplicate_index", "redundant_index", "unused_index"})
"""Checks that have a rule here, which knows the workload."""
_SUPPOSED_ROWS = 100_000
_SUPPOSED_PAGES = 2_000


def examine(migration: Migration) -> Iterator[Objection]:
    """What is new, in the order of the checks."""
    before, after = migration.source, _grown(migration, migration.final)
    refreshed = {name for function in after.functions for _, name in refreshed_concurrently(function)}
    for check in _chosen():
        known = {finding.fingerprint for finding in check.examine(before)}
        for finding in check.examine(after):
            family_is_told = check.family in _ALWAYS_TOLD or finding.severity > Severity.INFO
            is_refresh = check.name == "materialized_view_not_concurrent" and finding.object.name in refreshed
            if finding.fingerprint in known or not family_is_told or is_refresh:
                continue
            yield Objection(place=_place(migration, check, finding), finding=_told(check, finding))


def _chosen() -> Iterator[Check]:
    for name in checks.names():
        check = checks.load(name)
        is_pure = not check.is_planned and "statements" not in check.needs
        if check.family in _FAMILIES and is_pure and name not in _OWN_RULES | _OF_TIME:
            yield check


def _told(check: Check, finding: Finding) -> Finding:
    """With words about what is written instead of how large it is: a new table has no size yet."""
    return msgspec.structs.replace(
        finding,
        severity=max(finding.severity, Severity.NOTICE),
        summary=check.title,
        facts=tuple(fact for fact in finding.facts if fact.unit in {Unit.TEXT, Unit.PHRASE}),
        remedy=None,
    )


def _place(migration: Migration, check: Check, finding: Finding) -> Place:
    def holds(state: Snapshot) -> bool:
        return any(each.fingerprint == finding.fingerprint for each in check.examine(_grown(migration, state)))

    return migration.first_place(holds)


def _grown(migration: Migration, state: Snapshot) -> Snapshot:
    """The state with its new tables as large as tables get."""
    relations = tuple(
        relation
        if relation.oid in migration.existing
        else msgspec.structs.replace(relation, tuples=_SUPPOSED_ROWS, pages=_SUPPOSED_PAGES)
        for relation in state.relations
    )
    return msgspec.structs.replace(state, relations=relations)
