"""What the checks found becomes prescriptions, and no two of them get in each other's way."""

import msgspec

from pgclinic.advise.housekeeping import with_housekeeping
from pgclinic.model.catalog import Index, IndexDefinition, IndexKey, Setting
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import Prescription, Remedy
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.remedies import alter_system, create_index, drop_index

TABLE = RelationName("public", "calls")


def index(name: str, *columns: str) -> Index:
    definition = IndexDefinition(TABLE, tuple(IndexKey(column) for column in columns))
    sql = f"CREATE INDEX {name} ON public.calls USING btree ({', '.join(columns)})"
    return Index(oid=len(name), relation=1, schema="public", name=name, definition=definition, sql=sql)


def seen(*indexes: Index) -> Snapshot:
    return Snapshot(
        header=Header(format_version=1, collector="test", clock="2026-01-01T00:00:00+00:00"),
        server=Server(version_num=180000, version="18", database="shop"),
        indexes=indexes,
    )


def finding(check: str, subject: ObjectName, remedy: Remedy | None) -> Finding:
    return Finding(check, Severity.NOTICE, subject, "why", "do it", remedy=remedy)


def useless(one: Index, check: str = "unused_index") -> Finding:
    return finding(check, ObjectName("index", one.name, schema="public"), drop_index.remedy(one))


def objects(items: tuple[Prescription, ...]) -> list[str]:
    return [f"{item.object.kind} {item.object.name}" for item in items]


def test_a_finding_without_a_remedy_prescribes_nothing() -> None:
    assert with_housekeeping(seen(), (), [finding("slow_statement", ObjectName("statement", "f"), None)]) == ()


def test_a_remedy_becomes_an_item_that_can_be_verified_and_names_its_table() -> None:
    found = useless(index("by_phone", "phone"))
    (item,) = with_housekeeping(seen(index("by_phone", "phone")), (), [found])
    assert (item.kind, item.table) == ("drop_index", ObjectName("table", "calls", schema="public"))
    assert (item.do, item.undo, item.verify) == (found.remedy.do, found.remedy.undo, found.remedy.verify)
    assert item.cures == (found.fingerprint,)


def test_what_two_want_gone_is_dropped_once_and_cures_both() -> None:
    one = index("by_phone", "phone")
    adviser = drop_index.prescribe(one, reason="the new index serves for it")
    found = [useless(one), useless(one, "redundant_index")]
    (item,) = with_housekeeping(seen(one), (adviser,), found)
    assert item.cures == tuple(each.fingerprint for each in found)
    assert msgspec.structs.replace(item, cures=()) == adviser


def test_of_two_indexes_that_serve_for_each_other_one_stays() -> None:
    narrow, wide = index("narrow", "phone"), index("wide", "phone", "day")
    found = [useless(narrow, "redundant_index"), useless(wide)]
    assert objects(with_housekeeping(seen(narrow, wide), (), found)) == ["index narrow"]
    # A third one takes over, whether it is there or is to be built.
    third = index("third", "phone", "status")
    assert len(with_housekeeping(seen(narrow, wide, third), (), found)) == 2
    new = create_index.prescribe(third.definition, name="new", size_bytes=1, reason="why")
    assert objects(with_housekeeping(seen(narrow, wide), (new,), found)) == ["index new", "index narrow", "index wide"]


def test_an_invalid_index_serves_for_nothing() -> None:
    narrow, wide = index("narrow", "phone"), index("wide", "phone", "day")
    broken = msgspec.structs.replace(index("broken", "phone", "status"), is_valid=False)
    found = [useless(narrow), useless(wide), useless(broken, "invalid_index")]
    assert objects(with_housekeeping(seen(narrow, wide, broken), (), found)) == ["index narrow", "index broken"]


def test_a_setting_gets_one_value() -> None:
    setting = Setting(name="work_mem", value="4096", unit="kB")
    subject = ObjectName("setting", "work_mem")
    found = [finding(value, subject, alter_system.remedy(setting, value)) for value in ("8MB", "16MB")]
    (item,) = with_housekeeping(seen(), (), found)
    assert "8MB" in item.do[0].sql
