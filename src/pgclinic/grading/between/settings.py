"""Settings of two visits."""

from pgclinic.model.catalog import Setting
from pgclinic.model.difference import SettingChange
from pgclinic.model.snapshot import Snapshot


def setting_changes(earlier: Snapshot, later: Snapshot) -> tuple[SettingChange, ...]:
    """By name. A setting that only one of two versions of PostgreSQL has was not changed by anyone."""
    if not (earlier.sees("settings") and later.sees("settings")):
        return ()
    old, new = ({(one.name, one.scope): one for one in each.settings} for each in (earlier, later))
    is_upgraded = earlier.server.major != later.server.major
    changes = []
    for name, scope in sorted({**old, **new}):
        before, after = old.get((name, scope)), new.get((name, scope))
        if is_upgraded and not scope and (before is None or after is None):
            continue
        if before is not None and after is not None and (before.value, before.unit) == (after.value, after.unit):
            continue
        changes.append(_change(before, after))
    return tuple(changes)


def _change(before: Setting | None, after: Setting | None) -> SettingChange:
    one = after or before
    assert one is not None
    return SettingChange(
        name=one.name,
        before=None if before is None else before.value,
        after=None if after is None else after.value,
        scope=one.scope,
        unit=one.unit,
    )
