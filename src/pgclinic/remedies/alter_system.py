"""Change a setting of the whole server."""

from pgclinic.model.catalog import Setting
from pgclinic.model.prescription import Hazard, Remedy, Risk, Statement
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote


def remedy(setting: Setting, value: str, *, needs_restart: bool = False) -> Remedy:
    """Set it in postgresql.auto.conf and reload; the way back sets what it was, in the setting's own unit.

    ``value`` is as ALTER SYSTEM takes it: a number in the setting's unit, or with a unit of its own.
    """
    return Remedy(
        kind="alter_system",
        do=_change(setting.name, value, reload=not needs_restart),
        undo=_change(setting.name, setting.value, reload=not needs_restart),
        verify=is_set(setting.name, value),
        hazards=(Hazard.NEEDS_RESTART,) if needs_restart else (),
        risk=Risk.HIGH if needs_restart else Risk.MEDIUM,
    )


def remedy_on(snapshot: Snapshot, setting: Setting, value: str) -> Remedy | None:
    """The same where ALTER SYSTEM is allowed: not on a managed service, where settings are changed elsewhere."""
    return None if snapshot.server.service else remedy(setting, value)


def is_set(name: str, value: str) -> str:
    """A query with whether postgresql.auto.conf says so, to the letter (ALTER SYSTEM keeps the value as it was given).

    What a session sees would not tell: its role, its database or its own options may say otherwise.
    """
    return (
        "select exists (select from pg_catalog.pg_file_settings"
        f" where name = {quote.literal(name)} and setting = {quote.literal(value)}"
        " and sourcefile like '%postgresql.auto.conf')"
    )


def _change(name: str, value: str, *, reload: bool) -> tuple[Statement, ...]:
    change = Statement(sql=f"alter system set {quote.identifier(name)} = {quote.literal(value)}", in_transaction=False)
    return (change, Statement(sql="select pg_catalog.pg_reload_conf()")) if reload else (change,)
