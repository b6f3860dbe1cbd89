"""A setting of the whole server as a prescription: ALTER SYSTEM, or the managed service's own way.

Where ALTER SYSTEM is not allowed nothing is run in the database: the prescription names the parameter as the service
does, its value in the unit that the service counts in, and where it is set.
"""

from math import ceil

from msgspec.structs import replace

from pgclinic.advise.prescribed import prescribed
from pgclinic.model.catalog import Setting
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import ApplicationChange, CodeExample, Hazard, Prescription, Remedy, Risk, When
from pgclinic.model.services import Service, service_named
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import alter_system

_COMMANDS = {
    "supabase": "supabase --experimental postgres-config update --config {name}={value}",
    "aurora": (
        "aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name GROUP"
        " --parameters ParameterName={name},ParameterValue={value},ApplyMethod={when}"
    ),
    "rds": (
        "aws rds modify-db-parameter-group --db-parameter-group-name GROUP"
        " --parameters ParameterName={name},ParameterValue={value},ApplyMethod={when}"
    ),
    "cloud_sql": "# with all the flags that the instance has, because these replace them\n"
    "gcloud sql instances patch INSTANCE --database-flags={name}={value}",
    "azure": (
        "az postgres flexible-server parameter set --resource-group GROUP --server-name SERVER"
        " --name {name} --value {value}"
    ),
    "neon": "alter database {database} set {name} = {value};",
}
"""How each service's own tool sets a parameter (their command references); capitals are for the reader to fill in."""


def setting_changed(
    snapshot: Snapshot,
    setting: Setting,
    value: str,
    *,
    reason: str,
    facts: tuple[Fact, ...] = (),
    cures: tuple[str, ...] = (),
    hazards: tuple[Hazard, ...] = (),
    risk: Risk = Risk.MEDIUM,
) -> Prescription:
    """The setting at ``value``, a number in its base unit or a word; none of these needs a restart."""
    about = ObjectName("setting", setting.name)
    evidence = (*facts, Fact("now", with_unit(setting, setting.value), Unit.TEXT))
    service = service_named(snapshot.server.service)
    if service is None:
        cure = alter_system.remedy(setting, with_unit(setting, value))
        item = prescribed(cure, about, reason=reason, facts=evidence, cures=cures, risk=risk)
        return replace(item, hazards=hazards)
    elsewhere = Remedy(kind="alter_system", do=())
    item = prescribed(elsewhere, about, reason=reason, facts=evidence, cures=cures, when=When.THIS_WEEK, risk=risk)
    return replace(item, hazards=hazards, application=at_service(snapshot, service, setting.name, value))


def at_service(
    snapshot: Snapshot, service: Service, name: str, value: str, *, restarts: bool = False
) -> ApplicationChange:
    """How the service sets the parameter."""
    command = _COMMANDS[service.name].format(
        name=name, value=value, database=snapshot.server.database, when="pending-reboot" if restarts else "immediate"
    )
    return ApplicationChange(
        summary="ALTER SYSTEM is not allowed here: set the parameter with the service's own tool.",
        examples=(CodeExample(service.title, command),),
    )


def with_unit(setting: Setting, value: str) -> str:
    """A number with its setting's unit, as ALTER SYSTEM takes it; pages of 8 kB as kB."""
    if not value.lstrip("-").isdigit() or value.startswith("-") or not setting.unit:
        return value
    if setting.unit.endswith("kB") and setting.unit != "kB":
        return f"{int(value) * int(setting.unit.removesuffix('kB'))}kB"
    return value if setting.unit[0].isdigit() else f"{value}{setting.unit}"


def in_units(setting: Setting, size: float) -> str:
    """Bytes as a whole number of the setting's unit."""
    scales = {"B": 1, "kB": 1 << 10, "8kB": 8 << 10, "MB": 1 << 20, "16MB": 16 << 20}
    return str(ceil(size / scales[setting.unit]))
