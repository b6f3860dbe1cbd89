"""Nouns made by hand, with a hostile statement among them."""

import msgspec
import pytest

from pgclinic.model.checkup import CategoryScore, Checkup, Doubt, Grade, Kpi
from pgclinic.model.demonstration import Demonstration, Goal
from pgclinic.model.difference import (
    Difference,
    FigureChange,
    FindingChange,
    Remark,
    SchemaChange,
    SettingChange,
    SizeChange,
    StatementChange,
    Trend,
    Visit,
)
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import BlindSpot, Finding, Severity
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.overview import Overview, StatementTime, TableSize, TableTime
from pgclinic.model.prescription import (
    ApplicationChange,
    CodeExample,
    Course,
    Declined,
    FrontierPoint,
    Gather,
    GradeForecast,
    NextBest,
    Patient,
    Prescription,
    RejectedIndex,
    Remedy,
    Replacement,
    Risk,
    Statement,
    StatementGain,
    StatementMapping,
    When,
    WorkloadEffect,
)
from pgclinic.model.proof import Comparison, Latencies, Proof, Run
from pgclinic.model.snapshot import Header, Server
from pgclinic.model.treatment import JournalEntry, State, Treatment

HOSTILE = (
    'select \'</pre><script>document.title = "owned"</script><img src=x onerror=alert(1)>\' as "[red]x[/red]"'
    ", '\x1b[2J\x1b]0;owned\x07 \u202e desrever \u2066 \u200b \U000e0041' from {share} where a = $1"
)


_OVERVIEW = Overview(
    since="2026-11-01T00:00:00+00:00",
    total_ms=1000,
    statements=(
        StatementTime(fingerprint="3f2a9c01d4e5b6a7", text=HOSTILE, calls=1204, total_ms=620),
        StatementTime(fingerprint="0000000000000001", text="select now()", calls=1, total_ms=80),
    ),
    other_statements=31,
    other_statements_ms=300,
    times=(
        TableTime(table=RelationName("public", "vapi_calls"), total_ms=700),
        TableTime(table=RelationName("odd </title> one", "a|b*c"), total_ms=300),
    ),
    sizes=(
        TableSize(
            table=RelationName("public", "vapi_calls"),
            heap_bytes=800 << 20,
            index_bytes=90 << 20,
            toast_bytes=7 << 20,
            rows=1e6,
        ),
        TableSize(
            table=RelationName("odd </title> one", "a|b*c"), heap_bytes=8192, index_bytes=0, toast_bytes=0, rows=0
        ),
    ),
    other_sizes=4_000,
    other_sizes_bytes=300 << 20,
)


@pytest.fixture
def hostile() -> str:
    return HOSTILE


@pytest.fixture
def checkup() -> Checkup:
    result = Checkup(
        header=Header(format_version=1, collector="pgclinic 0.1.0", clock="2026-11-22T19:05:11.123456+00:00"),
        server=Server(version_num=180006, version="18.6", database="fortin", visitor="clinic"),
        grade=Grade(
            score=57.4,
            letter="C-",
            confidence="B",
            categories=(
                CategoryScore(name="statements", weight=0.35, score=31.2, findings=2),
                CategoryScore(name="indexes", weight=0.2, score=71, findings=1),
                CategoryScore(name="maintenance", weight=0.2, score=86, findings=1),
                CategoryScore(name="memory", weight=0.1, score=None),
                CategoryScore(name="safety", weight=0.15, score=100),
            ),
            trust=0.8,
            doubts=(
                Doubt(
                    reason="The counters are only {window} old.",
                    factor=0.85,
                    facts=(Fact("window", 7200, Unit.SECONDS),),
                ),
                Doubt(reason="Something tiny.", factor=0.9999),
            ),
        ),
        kpis=(
            _kpi("P50", 0.42, Unit.MILLISECONDS, 20, Provenance.ESTIMATED),
            _kpi("P95", 912.7, Unit.MILLISECONDS, 50, Provenance.ESTIMATED),
            _kpi("P99", None, Unit.MILLISECONDS, 100, Provenance.ESTIMATED),
            _kpi("cache hit", 0.9312, Unit.RATIO, 0.95, Provenance.MEASURED, higher=True),
            _kpi("dead rows", 0.178, Unit.RATIO, 0.05, Provenance.MEASURED),
            _kpi("index scans", 0.4, Unit.RATIO, 0.9, Provenance.MEASURED, higher=True),
        ),
        findings=(
            Finding(
                check="slow_statement",
                severity=Severity.WARNING,
                object=ObjectName("statement", "3f2a9c01d4e5b6a7"),
                summary="A statement takes {share} of all time, {mean} a call: {text}",
                advice="Let prescribe look for an index.",
                facts=(
                    Fact("share", 0.62, Unit.RATIO),
                    Fact("mean", 412.3, Unit.MILLISECONDS),
                    Fact("calls", 1204),
                    Fact("text", HOSTILE, Unit.TEXT),
                ),
                burden=0.62,
            ),
            Finding(
                check="dead_rows",
                severity=Severity.NOTICE,
                object=ObjectName("table", "vapi_calls", schema="public"),
                summary="{dead} of the rows of vapi_calls are dead.",
                advice="Vacuum it sooner: set autovacuum_vacuum_scale_factor to 0.02 on the table.",
                facts=(Fact("dead", 0.178, Unit.RATIO), Fact("size", 812_345_678, Unit.BYTES)),
                burden=0.3,
                remedy=Remedy(
                    kind="set_storage_parameters",
                    do=(
                        Statement(
                            sql="alter table public.vapi_calls set (autovacuum_vacuum_scale_factor = '0.02')",
                            lock="SHARE UPDATE EXCLUSIVE",
                            blocks="schema changes and VACUUM on {table}, for an instant; reads and writes go on",
                            table="vapi_calls",
                        ),
                    ),
                    undo=(Statement(sql="alter table public.vapi_calls reset (autovacuum_vacuum_scale_factor)"),),
                ),
            ),
            Finding(
                check="unused_index",
                severity=Severity.INFO,
                object=ObjectName("index", "leads_email_idx", schema="public", parent="leads"),
                summary="The index leads_email_idx was not used for {days} days.",
                advice="Watch it for a month before dropping it.",
                facts=(Fact("days", 3), Fact("bytes", 9_345_678, Unit.BYTES, Provenance.ESTIMATED)),
                burden=0.05,
            ),
        ),
        overview=_OVERVIEW,
        blind_spots=(
            BlindSpot(
                "statements",
                "the extension pg_stat_statements is not installed in this database",
                grant="create extension pg_stat_statements",
            ),
            BlindSpot("column_statistics", "no right to read them", object="sms_logs", grant="grant select on t to x"),
        ),
    )
    slow, dead, _ = result.findings
    return msgspec.structs.replace(result, points={slow.fingerprint: 11.26, dead.fingerprint: 1.04})


def _kpi(
    name: str, value: float | None, unit: Unit, target: float, provenance: Provenance, *, higher: bool = False
) -> Kpi:
    return Kpi(name=name, value=value, unit=unit, target=target, higher_is_better=higher, provenance=provenance)


@pytest.fixture
def clean_checkup(checkup: Checkup) -> Checkup:
    grade = Grade(score=97, letter="A+", confidence="A", categories=checkup.grade.categories[-1:])
    return msgspec.structs.replace(checkup, grade=grade, findings=(), blind_spots=())


@pytest.fixture
def course() -> Course:
    return Course(
        patient=Patient(
            database="fortin", database_oid=16384, system_identifier="7", version_num=180006, clock="2026-11-22"
        ),
        prescriptions=(
            Prescription(
                kind="create_index",
                object=ObjectName("index", "vapi_calls_phone_number_idx", schema="public", parent="vapi_calls"),
                table=ObjectName("table", "vapi_calls", schema="public"),
                reason="3 statements look calls up by phone number and read the whole table each time.",
                do=(
                    Statement(
                        sql="create index concurrently vapi_calls_phone_number_idx on public.vapi_calls "
                        "(phone_number, created_at desc)",
                        in_transaction=False,
                        lock="SHARE UPDATE EXCLUSIVE",
                        blocks="schema changes on vapi_calls; reads and writes go on",
                    ),
                ),
                undo=(Statement(sql="drop index concurrently public.vapi_calls_phone_number_idx"),),
                size_bytes=14_680_064,
                gains=(
                    StatementGain(
                        fingerprint="a", name="phone search", sql=HOSTILE, cost_before=91234.5, cost_after=8.46
                    ),
                ),
            ),
        ),
        workload=WorkloadEffect(
            cost_before=1_234_567.8,
            cost_after=34_567.1,
            planned_by="PostgreSQL 18.6 for a 18.6 server",
            statements=24,
            plans=312,
            omitted=("an utility statement is not planned",),
        ),
    )


@pytest.fixture
def whole_course(course: Course) -> Course:
    """With everything that a search can tell: a frontier, a bound, losses, rivals, and what was not chosen."""
    (first,) = course.prescriptions
    gain = msgspec.structs.replace(
        first.gains[0],
        name="a",
        low_before=90000.0,
        high_before=92000.5,
        low_after=8.4,
        high_after=9.3,
        parameters=("statistics", "generic"),
        weight=0.4,
    )
    loss = msgspec.structs.replace(gain, fingerprint="b", name="import of calls", cost_before=10.0, cost_after=12.5)
    build = msgspec.structs.replace(
        first,
        gains=(gain,),
        losses=(loss,),
        build_seconds=4.2,
        replaces=("vapi_calls_phone_idx",),
        facts=(Fact("rows written into it", 1234),),
        next_best=NextBest(sql="create index on public.vapi_calls (phone_number)", cost=0.21, chosen_cost=0.2),
    )
    drop = msgspec.structs.replace(
        first,
        kind="drop_index",
        reason="The index vapi_calls_phone_idx is served for.",
        do=(Statement(sql="drop index concurrently public.vapi_calls_phone_idx", in_transaction=False),),
        undo=(Statement(sql="CREATE INDEX CONCURRENTLY vapi_calls_phone_idx ON public.vapi_calls (phone)"),),
        gains=(),
        size_bytes=0,
    )
    points = tuple(
        FrontierPoint(
            budget_bytes=budget,
            size_bytes=size,
            cost=cost,
            lower_bound=cost - 0.004,
            optimality_gap=0.004 / cost,
            indexes=("create index on public.vapi_calls (phone_number)",) * count,
        )
        for budget, size, cost, count in (
            (100 << 20, 96 << 20, 0.8154, 3),
            (250 << 20, 241 << 20, 0.612, 5),
            (None, 1400 << 20, 0.2, 14),
        )
    )
    rejected = tuple(
        RejectedIndex(sql=f"create index on public.vapi_calls (column_{number})", reason="no plan uses it")
        for number in range(25)
    )
    effect = msgspec.structs.replace(
        course.workload,
        lower_bound=0.196,
        optimality_gap=0.02,
        frontier=points,
        candidates=282,
        rejected=(RejectedIndex(sql="create index on t (a)", reason=HOSTILE, size_bytes=9 << 20), *rejected),
        is_deterministic=False,
        omitted=tuple(f"its text is cut: select {number}" for number in range(5)),
        source="pg_stat_statements",
    )
    return msgspec.structs.replace(course, prescriptions=(build, drop), workload=effect)


@pytest.fixture
def planned_course(whole_course: Course, hostile: str) -> Course:
    """With all three groups: SQL alone, a rewritten statement without any SQL, and a project; and a refusal."""
    (first, second) = whole_course.prescriptions
    table = ObjectName("table", "leads", schema="public")
    gain = StatementGain(
        fingerprint="c", name="c", sql="select * from leads where call_id = $1", cost_before=100.0, cost_after=8.0
    )
    application = Prescription(
        kind="n_plus_one",
        adviser="n_plus_one",
        object=ObjectName("statement", "c"),
        table=table,
        reason="For each of {calls} calls one lead is asked for.",
        facts=(Fact("calls", 100),),
        do=(),
        undo=(),
        gains=(gain,),
        mappings=(
            StatementMapping(
                original="c",
                replacements=(
                    Replacement(
                        sql="select *\nfrom leads\nwhere call_id = any($1)", parameters=(Gather(1, as_array=True),)
                    ),
                ),
                calls=100,
            ),
        ),
        application=ApplicationChange(
            summary=f"Ask for the leads of all calls at once. {hostile}",
            examples=(
                CodeExample("psycopg", "rows = connection.execute(\n    query, [ids],\n).fetchall()"),
                CodeExample("Django", "Lead.objects.filter(call_id__in=ids)"),
            ),
        ),
        when=When.THIS_WEEK,
        risk=Risk.MEDIUM,
    )
    project = Prescription(
        kind="partitions",
        adviser="partitions",
        object=table,
        table=table,
        reason="It grows for ever.",
        do=(Statement(sql="create table leads_new (like leads)"), Statement(sql="select 1", repeats=True)),
        undo=(Statement(sql="drop table leads_new"),),
        when=When.THIS_MONTH,
        risk=Risk.HIGH,
        requires=(first.fingerprint,),
        points=2.4,
        saves=0.125,
    )
    declined = Declined(
        adviser="partitions",
        object=ObjectName("table", "vapi_calls", schema="public"),
        reason="Its unique key {key} lacks the column that it would be cut by.",
        facts=(Fact("key", "vapi_calls_call_id_key", Unit.TEXT),),
    )
    items = (first, second, application, project)
    grade = GradeForecast(score_before=71.2, letter_before="C-", score_after=93.4, letter_after="A", confidence="B")
    return msgspec.structs.replace(
        whole_course, prescriptions=items, declined=(declined,), cost_left=0.032, grade=grade
    )


@pytest.fixture
def treatment(course: Course) -> Treatment:
    entry = JournalEntry(treatment="t1", position=1, prescription=course.prescriptions[0], state=State.DONE)
    return Treatment(id="t1", applied_by="clinic", entries=(entry,))


def _latencies(name: str, p50: float | None, calls: int = 120) -> Latencies:
    return Latencies(
        name=name,
        calls=calls,
        p50_ms=p50,
        p95_ms=None if p50 is None or calls < 20 else p50 * 1.8,
        p99_ms=None if p50 is None or calls < 100 else p50 * 2.6,
        mean_ms=None if p50 is None else p50 * 1.1,
    )


def _run(medians: dict[str, float | None], *, calls: int) -> Run:
    statements = tuple(_latencies(name, median, calls) for name, median in medians.items())
    return Run(
        source="demo",
        started_at="2026-11-22T19:05:11+00:00",
        seconds=42.1,
        connections=8,
        seed=1,
        statements=statements,
        tasks=statements[:1],
        overall=_latencies("all", 300 if calls < 100 else 2, 2000),
    )


def _compared(before: tuple[Latencies, ...], after: tuple[Latencies, ...]) -> tuple[Comparison, ...]:
    return tuple(
        Comparison(
            name=old.name,
            before=old,
            after=new,
            times_faster=None if old.p50_ms is None or new.p50_ms is None else old.p50_ms / new.p50_ms,
            equal_results=True,
        )
        for old, new in zip(before, after, strict=True)
    )


@pytest.fixture
def proof() -> Proof:
    before = _run(
        {
            "phone search": 612.0,
            "log by call id": 233.1,
            "leads by status <script>alert(1)</script>": 88.0,
            "priority distribution": 450.0,
            "transcripts containing a key": 1833.0,
            "technicians' free slots": 0.8,
            "count of a rare thing": None,
            "active now": 201.0,
        },
        calls=40,
    )
    after = _run(
        {
            "phone search": 0.41,
            "log by call id": 0.22,
            "leads by status <script>alert(1)</script>": 1.9,
            "priority distribution": 440.0,
            "transcripts containing a key": 1790.0,
            "technicians' free slots": 0.9,
            "count of a rare thing": 0.1,
            "active now": 0.3,
        },
        calls=400,
    )
    return Proof(
        before=before,
        after=after,
        statements=_compared(before.statements, after.statements),
        tasks=_compared(before.tasks, after.tasks),
        overall=_compared((before.overall,), (after.overall,))[0],
    )


@pytest.fixture
def demonstration(
    checkup: Checkup, clean_checkup: Checkup, course: Course, treatment: Treatment, proof: Proof
) -> Demonstration:
    ms = Unit.MILLISECONDS
    return Demonstration(
        scale="medium",
        seed=1,
        seconds=187.3,
        before=checkup,
        course=course,
        treatment=treatment,
        after=clean_checkup,
        proof=proof,
        goals=(
            Goal(
                name="dashboard page",
                unit=ms,
                before=2511.0,
                after=412.0,
                claimed="2.5 s → 400 ms",
                goal="60",
                times=6.09,
                is_met=False,
            ),
            Goal(
                name="phone search",
                unit=ms,
                before=612.0,
                after=0.41,
                claimed="120 → 15 ms",
                goal="80",
                times=1492.7,
                is_met=True,
            ),
            Goal(
                name="cache hit",
                unit=Unit.RATIO,
                before=0.931,
                after=0.9981,
                claimed="85 → 97 %",
                goal="≥ 99 %",
                is_met=True,
            ),
            Goal(
                name="import of 1,000 rows",
                unit=ms,
                before=None,
                after=None,
                claimed="800 → 95 ms",
                goal="20",
            ),
            Goal(name="grade", unit=Unit.TEXT, before="C-", after="A+", claimed="C+ → A-", goal="C+ → A", is_met=True),
        ),
        notes=("The statistics were reset between the two checkups.",),
    )


@pytest.fixture
def difference(checkup: Checkup, clean_checkup: Checkup) -> Difference:
    """Everything that two snapshots can tell, with hostile texts wherever a database could put them."""
    slow, dead, unused = checkup.findings
    return Difference(
        before=_visit(checkup, "2026-11-22T19:05:11+00:00"),
        after=_visit(clean_checkup, "2026-11-29T19:05:11+00:00"),
        seconds=7 * 86_400,
        remarks=(Remark(text="The server was started again at {at}.", facts=(Fact("at", "2026-11-25", Unit.TEXT),)),),
        findings=(
            FindingChange(trend=Trend.NEW, finding=slow, after=slow.severity),
            FindingChange(trend=Trend.WORSE, finding=dead, before=Severity.NOTICE, after=Severity.WARNING),
            FindingChange(trend=Trend.CURED, finding=unused, before=unused.severity),
        ),
        unchanged=4,
        figures=(
            FigureChange(name="p95", unit=Unit.MILLISECONDS, before=912.7, after=40, trend=Trend.BETTER),
            FigureChange(name="cache_hit", unit=Unit.RATIO, before=None, after=0.99, trend=Trend.SAME),
        ),
        is_worse=True,
        activity=(Fact("calls", 1204), Fact("time", 8123.0, Unit.MILLISECONDS)),
        statements=(
            StatementChange(
                fingerprint="a",
                text=HOSTILE,
                trend=Trend.WORSE,
                calls_before=100,
                calls_after=50,
                mean_before=1,
                mean_after=12,
            ),
            StatementChange(
                fingerprint="b",
                text="select 1",
                trend=Trend.NEW,
                calls_before=0,
                calls_after=50,
                mean_before=None,
                mean_after=3,
            ),
        ),
        sizes=(
            SizeChange(object=ObjectName("index", "big", "public"), before=1 << 30, after=3 << 30, a_day=(2 << 30) / 7),
            SizeChange(object=ObjectName("table", HOSTILE, "public"), before=None, after=5 << 20),
        ),
        settings=(
            SettingChange(name="work_mem", before="4096", after="65536", unit="kB"),
            SettingChange(name="jit", before=None, after="on", scope="database"),
        ),
        schema=(
            SchemaChange(object=ObjectName("column", "a", "public", "t"), before="integer", after="bigint"),
            SchemaChange(object=ObjectName("view", HOSTILE, "public"), before=None, after=HOSTILE),
            SchemaChange(object=ObjectName("table", "gone", "public"), before="", after=None),
        ),
    )


def _visit(checkup: Checkup, clock: str) -> Visit:
    return Visit(
        database=checkup.server.database,
        server_version=checkup.server.version,
        clock=clock,
        grade=checkup.grade,
        is_snapshot=True,
    )
