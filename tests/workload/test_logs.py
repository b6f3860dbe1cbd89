import gzip
import json
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgclinic.model.errors import UserError
from pgclinic.model.workload import Omission, SeenStatement, Workload
from pgclinic.workload.logs import read_logs
from pgclinic.workload.logs.messages import values_in
from pgclinic.workload.logs.prefix import Origin, origin_of
from pgclinic.workload.seen import joined

LINE = "2026-01-01 12:00:00.000 UTC [4711] app@shop LOG:  duration: 1.500 ms  statement: select 1\n"

PAIR = (
    "2026-01-01 12:00:00.000 UTC [4711] app@shop LOG:  duration: 1.500 ms  execute <unnamed>: select a from t\n"
    "\twhere b = $1\n"
    "2026-01-01 12:00:00.000 UTC [4711] app@shop DETAIL:  Parameters: $1 = 'x'\n"
)


def told(path: Path) -> list[SeenStatement]:
    return [each for each in read_logs([path]) if isinstance(each, SeenStatement)]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


@pytest.mark.parametrize(
    ("prefix", "origin"),
    [
        ("2026-01-01 12:00:00.000 UTC [4711] ", Origin("4711")),
        ("2026-01-01 12:00:00.000 UTC [4711] app@shop ", Origin("4711", "shop", "app")),
        ("2026-01-01 12:00:00 UTC:10.0.0.1(5555):app@shop:[4711]:", Origin("4711", "shop", "app")),
        (
            "2026-01-01 12:00:00 UTC [4711]: user=app,db=shop,app=my app,client=10.0.0.1 ",
            Origin("4711", "shop", "app", "my app"),
        ),
        ("2026-01-01 12:00:00 UTC [4711-3] db=shop,user=app ", Origin("4711", "shop", "app")),
        ("2026-01-01 12:00:00 UTC [4711]: user=app,db=shop,app=[unknown],client=::1 ", Origin("4711", "shop", "app")),
        ("[unknown]@[unknown] 4711 ", Origin("4711")),
        ("2026-01-01 12:00:00 UTC-637e5b5d.3b-", Origin("637e5b5d.3b")),
        ("2026-01-01 12:00:00.000 UTC 4711 ", Origin("4711")),
        ("", Origin()),
    ],
)
def test_prefixes_are_recognised(prefix: str, origin: Origin) -> None:
    assert origin_of(prefix) == origin


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is no log but a picture"),
        (bytes(range(256)) * 40, "is no log but binary"),
        (b"PK\x03\x04" + b"x" * 100, "is no log but a zip archive"),
        (b"name,price\napple,1\n" * 5000, "is no log of PostgreSQL"),
        (b'{"name": "apple"}\n' * 10, "is no log of PostgreSQL"),
        (b"select 1;\n", "is no log of PostgreSQL"),
        (gzip.compress(LINE.encode() * 1000)[:40] + b"x" * 100, "is damaged"),
        (b"2026-01-01 12:00:00 UTC [1] LOG:  database system is ready\n", "tells of no statement"),
        (b"2026-01-01 UTC [1] LOG:  Dauer: 1.2 ms  Anweisung: select 1\n", "is in German"),
        ("2026-01-01 UTC [1] LOG:  durée : 1.2 ms, instruction : select 1\n".encode(), "is in French"),
        ("2026-01-01 UTC [1] СООБЩЕНИЕ:  продолжительность: 1.2 мс, select 1\n".encode(), "is in Russian"),
    ],
)
def test_what_is_no_log_is_refused_in_one_sentence(log: Path, content: bytes, sentence: str) -> None:
    log.write_bytes(content)
    with pytest.raises(UserError, match=sentence) as refusal:
        told(log)
    assert str(log) in str(refusal.value)
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)


def test_a_missing_file_is_refused_in_one_sentence(log: Path) -> None:
    with pytest.raises(UserError, match=r"Cannot read the log .*No such file"):
        told(log)


def test_a_gzip_that_is_still_written_is_read_as_far_as_it_goes(log: Path) -> None:
    writer = zlib.compressobj(wbits=31)
    log.write_bytes(writer.compress(LINE.encode() * 10_000) + writer.flush(zlib.Z_SYNC_FLUSH))
    assert 9_000 < len(told(log)) <= 10_000


def test_garbage_between_messages_is_passed_over(log: Path) -> None:
    garbage = b"\xff\xfe\xc3(\n\x07\x1b[31mred\n--------\n"
    log.write_bytes(garbage + (LINE.encode() + garbage) * 3)
    assert [each.sql for each in told(log)] == ["select 1"] * 3


@given(st.binary(max_size=60), st.integers(0, 6 * len(LINE)), st.integers(0, 30))
@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_log_that_is_damaged_anywhere_is_read_or_refused(tmp_path: Path, noise: bytes, where: int, gone: int) -> None:
    content = (LINE.encode() + PAIR.encode()) * 3
    damaged = tmp_path / "damaged.log"
    damaged.write_bytes(content[:where] + noise + content[where + gone :])
    with suppress(UserError):
        workload = joined(Workload(statements=(), source=""), read_logs([damaged]), database="shop")
        assert len(workload.statements) + len(workload.omissions) >= 1


def test_bytes_of_another_encoding_do_not_end_the_reading(log: Path) -> None:
    log.write_bytes(LINE.replace("select 1", "select 'é'").encode("latin-1") + LINE.encode())
    assert [each.sql for each in told(log)] == ["select '\ufffd'", "select 1"]


def test_a_line_of_a_megabyte_is_read_and_a_longer_one_is_said(log: Path) -> None:
    long, longer = ("x" * size for size in (1 << 20, 9 << 20))
    lines = [LINE.replace("1\n", f"'{text}'\n") for text in (long, longer)]
    log.write_text("".join([*lines, LINE]))
    whole, omission, after = read_logs([log])
    assert isinstance(whole, SeenStatement)
    assert whole.sql == f"select '{long}'"
    assert omission == Omission("a long text", "it is cut in the log", 1.5)
    assert isinstance(after, SeenStatement)


def test_a_record_whose_quote_never_ends_does_not_swallow_the_next(tmp_path: Path) -> None:
    head = '2026-01-01 12:00:00.000 UTC,"app","shop",4711,"[local]",63.1,1,"SELECT",2026-01-01 12:00:00 UTC,1/1,0,LOG,'
    record = head + '00000,"duration: 2.000 ms  statement: select ""a"", 1",,,,,,,,,"web","client backend",,0\n'
    log = tmp_path / "server.csv"
    log.write_text(record + record[:-60] + "\n" + record * 2)
    assert [each.sql for each in told(log)] == ['select "a", 1'] * 3


def test_durations_find_their_statements_among_several_processes(log: Path) -> None:
    def line(process: int, message: str) -> str:
        return f"2026-01-01 12:00:00 UTC [{process}] LOG:  {message}\n"

    log.write_text(
        line(1, "statement: select 'one'")
        + line(2, "statement: select 'two'")
        + line(2, "duration: 2.000 ms")
        + line(1, "duration: 1.000 ms")
        + line(1, "duration: 9.000 ms")
        + line(3, "statement: select 'three'")
    )
    assert [(each.sql, each.duration_ms) for each in told(log)] == [
        ("select 'two'", 2.0),
        ("select 'one'", 1.0),
        ("select 'three'", None),
    ]


def test_a_file_in_a_folder_that_is_no_log_is_an_omission(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(LINE)
    (tmp_path / "notes.txt").write_text("buy milk\n")
    seen, omission = read_logs([tmp_path])
    assert isinstance(seen, SeenStatement)
    assert isinstance(omission, Omission)
    assert "notes.txt is no log of PostgreSQL" in omission.reason


def test_json_lines_that_are_damaged_are_passed_over(tmp_path: Path) -> None:
    record = {
        "timestamp": "2026-01-01 12:00:00.000 UTC",
        "user": "app",
        "dbname": "shop",
        "pid": 4711,
        "error_severity": "LOG",
        "message": "duration: 1.000 ms  execute <unnamed>: select $1",
        "detail": "Parameters: $1 = 'it''s'",
    }
    line = json.dumps(record)
    log = tmp_path / "server.json"
    log.write_text(f"{line[30:]}\n{line}\n{line[:50]}\n{line}\n")
    assert (
        told(log)
        == [SeenStatement(sql="select $1", values=("it's",), duration_ms=1.0, database="shop", role="app")] * 2
    )


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$1 = 'a', $2 = NULL, $3 = 'it''s, $4 = ''x'''", ("a", None, "it's, $4 = 'x'")),
        ("$1 = ''", ("",)),
        ("$1 = 'abc...'", None),
        ("$1 = 'never ends", None),
        ("$2 = 'a'", None),
    ],
)
def test_parameters_are_read_whole_or_not_at_all(text: str, values: tuple[str | None, ...] | None) -> None:
    assert values_in(text) == values
