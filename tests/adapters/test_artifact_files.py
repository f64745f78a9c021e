"""Artifact files: canonical bytes, atomic writes, and readers that refuse by name."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.adapters import artifact_files
from avwap_cli.adapters.artifact_files import ArtifactFiles, json_bytes
from avwap_cli.errors import AvwapError, DamagedInput, MissingInput, SchemaMismatch, UsageError
from avwap_cli.ports import ArtifactStore

ROOT = Path(__file__).parents[2]
DAY = date(2024, 3, 8)
SCAN = "avwap.scan/1.0"
TEXT = st.text('aZ0 é語\U0001f600"\\\n\x00\x1f,=')
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.fixture
def files(tmp_path: Path) -> ArtifactFiles:
    return ArtifactFiles(tmp_path / "outputs")


def put(files: ArtifactFiles, name: str, data: bytes) -> Path:
    path = files.folder(DAY) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_it_is_an_artifact_store(files: ArtifactFiles) -> None:
    store: ArtifactStore = files
    assert store.digest(DAY, "scan.json") is None


def test_a_document_is_readable_and_begins_with_its_schema(files: ArtifactFiles) -> None:
    body = {
        "as_of": date(2024, 3, 7),
        "price": 0.1,
        "name": "Überseé",
        "rows": [{"b": 1, "a": None}],
    }
    assert files.write_json(DAY, "scan.json", SCAN, body)
    path = files.outputs / "sessions" / "2024-03-08" / "scan.json"
    assert path.read_text(encoding="utf-8") == (
        '{\n  "schema": "avwap.scan/1.0",\n  "as_of": "2024-03-07",\n  "price": 0.1,\n'
        '  "name": "Überseé",\n  "rows": [\n    {"b": 1, "a": null}\n  ]\n}\n'
    )
    assert files.read_json(DAY, "scan.json")["rows"] == [{"b": 1, "a": None}]


@given(st.dictionaries(TEXT.filter(lambda k: k != "schema"), values))
def test_what_is_written_is_what_json_reads(body: dict[str, Any]) -> None:
    assert json.loads(json_bytes(SCAN, body)) == {"schema": SCAN, **body}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.float64("nan")])
def test_an_undefined_figure_is_refused(bad: float, files: ArtifactFiles) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(DAY, "scan.json", SCAN, {"x": bad})
    assert files.digest(DAY, "scan.json") is None


def test_unchanged_bytes_are_not_written_again(files: ArtifactFiles) -> None:
    assert files.write_json(DAY, "scan.json", SCAN, {"a": 1})
    digest = files.digest(DAY, "scan.json")
    assert not files.write_json(DAY, "scan.json", SCAN, {"a": 1})
    assert files.write_json(DAY, "scan.json", SCAN, {"a": 2})
    assert files.digest(DAY, "scan.json") != digest


def test_latest_names_the_newest_session_and_never_an_older(files: ArtifactFiles) -> None:
    assert files.latest() is None
    files.write_text(DAY, "note.txt", "x\n")
    files.write_text(date(2024, 3, 6), "note.txt", "x\n")
    assert files.latest() == DAY
    assert (files.outputs / "latest").read_text() == "2024-03-08\n"
    (files.outputs / "latest").write_bytes(b"\xff../../etc")
    (files.outputs / "sessions" / "a-b-c").mkdir()
    assert files.latest() == DAY, "without a readable name the folders tell"
    files.write_text(date(2024, 3, 6), "note.txt", "y\n")
    assert (files.outputs / "latest").read_text() == "2024-03-08\n"


def test_csv_round_trip_with_awkward_cells(files: ArtifactFiles) -> None:
    rows = [["BRK.B", 'a "quoted", name\nwith a line', 1.5], ["=cmd", None, float("nan")]]
    assert files.write_csv(DAY, "universe.csv", "avwap.universe/1.0", ["symbol", "name", "x"], rows)
    raw = (files.folder(DAY) / "universe.csv").read_text(encoding="utf-8")
    assert raw.startswith("schema_version,symbol,name,x\navwap.universe/1.0,BRK.B,")
    assert "\r" not in raw
    assert files.read_csv(DAY, "universe.csv") == [
        {"symbol": "BRK.B", "name": 'a "quoted", name\nwith a line', "x": "1.5"},
        {"symbol": "=cmd", "name": "", "x": ""},
    ]


def test_a_csv_without_rows_has_its_header(files: ArtifactFiles) -> None:
    files.write_csv(DAY, "universe.csv", "avwap.universe/1.0", ["symbol"], [])
    assert files.read_csv(DAY, "universe.csv") == []


def test_a_row_of_another_width_is_refused(files: ArtifactFiles) -> None:
    with pytest.raises(ValueError, match="2 cells for 1"):
        files.write_csv(DAY, "universe.csv", "avwap.universe/1.0", ["symbol"], [["A", "B"]])
    assert files.digest(DAY, "universe.csv") is None


def test_parquet_carries_its_schema_and_nulls(files: ArtifactFiles) -> None:
    columns = {"symbol": ["A", "B", None], "x": np.array([1.0, np.nan, 3.0]), "n": [1, 2, 3]}
    kinds = {"symbol": str, "x": float, "n": int}
    assert files.write_table(DAY, "signals.parquet", "avwap.signals/1.0", columns, kinds)
    table = pq.read_table(files.folder(DAY) / "signals.parquet")
    assert table.schema.metadata[b"avwap.schema"] == b"avwap.signals/1.0"
    assert table.to_pydict() == {"symbol": ["A", "B", None], "x": [1.0, None, 3.0], "n": [1, 2, 3]}
    assert not files.write_table(DAY, "signals.parquet", "avwap.signals/1.0", columns, kinds)


def test_a_table_without_rows_keeps_its_types(files: ArtifactFiles) -> None:
    kinds = {"symbol": str, "x": float, "n": int, "kept": bool}
    columns = {name: [] for name in kinds}
    files.write_table(DAY, "signals.parquet", "avwap.signals/1.0", columns, kinds)
    schema = pq.read_schema(files.folder(DAY) / "signals.parquet")
    assert [str(schema.field(name).type) for name in kinds] == ["string", "double", "int64", "bool"]


def test_bytes_do_not_depend_on_hash_seed_zone_or_locale(tmp_path: Path) -> None:
    code = """
import sys
from datetime import date
from pathlib import Path
from avwap_cli.adapters.artifact_files import ArtifactFiles
f = ArtifactFiles(Path(sys.argv[1])); d = date(2024, 3, 8)
f.write_json(d, "scan.json", "avwap.scan/1.0", {"x": 0.1, "é": ["b", "a"]})
f.write_csv(d, "universe.csv", "avwap.universe/1.0", ["x"], [[1234.5], ["é"]])
f.write_table(d, "signals.parquet", "avwap.signals/1.0", {"s": ["b", "a"] * 500, "x": [0.1, None] * 500}, {"s": str, "x": float})
"""
    seen = set()
    for seed, zone, lang in (("1", "UTC", "C"), ("2", "Asia/Tokyo", "de_DE.UTF-8")):
        out = tmp_path / seed
        env = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": lang, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", code, out], env=env, check=True)
        folder = out / "sessions" / "2024-03-08"
        seen.add(tuple((p.name, p.read_bytes()) for p in sorted(folder.iterdir())))
        assert len(list(folder.iterdir())) == 3
    assert len(seen) == 1


def test_a_missing_document_names_the_command_that_makes_it(files: ArtifactFiles) -> None:
    with pytest.raises(MissingInput, match="run `avwap scan --session 2024-03-08` first"):
        files.read_json(DAY, "scan.json")
    with pytest.raises(MissingInput, match="run `avwap universe --session 2024-03-08` first"):
        files.read_csv(DAY, "universe.csv")


DOCUMENT = json_bytes(SCAN, {"as_of": "2024-03-07", "candidates": [{"rank": 1}]})


@given(st.integers(0, len(DOCUMENT) - 2))
def test_every_truncation_is_damage_and_nothing_else(cut: int) -> None:
    with pytest.raises(DamagedInput):
        artifact_files.parse_json(DOCUMENT[:cut], Path("scan.json"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"schema": 7}',
        b'{"schema": "avwap.scan/x"}',
        b'{"schema": "avwap.universe/1.0"}',
        b'{"schema": "avwap.scan/1.0", "x": NaN}',
        b'{"schema": "avwap.scan/1.0", "x": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b"\xff\xfe{",
        b"PAR1....PAR1",
        b"schema_version,symbol\n",
    ],
)
def test_what_is_no_scan_is_named_damage(data: bytes, files: ArtifactFiles) -> None:
    path = put(files, "scan.json", data)
    with pytest.raises(DamagedInput, match="run `avwap scan` again") as caught:
        files.read_json(DAY, "scan.json")
    assert str(path) in str(caught.value)
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"symbol,name\nA,B\n",
        b"schema_version,symbol\navwap.universe/1.0,A",
        b"schema_version,symbol\navwap.universe/1.0\n",
        b"schema_version,symbol\navwap.universe/1.0,A,B\n",
        b"schema_version,symbol,symbol\navwap.universe/1.0,A,B\n",
        b"schema_version,symbol\nhello,A\n",
        b'schema_version,symbol\navwap.universe/1.0,"A\n',
        b"schema_version,symbol\navwap.universe/1.0,\xff\n",
        b"schema_version,symbol\navwap.universe/1.0," + b"A" * 200_000 + b"\n",
    ],
)
def test_what_is_no_table_is_named_damage(data: bytes, files: ArtifactFiles) -> None:
    put(files, "universe.csv", data)
    with pytest.raises(DamagedInput):
        files.read_csv(DAY, "universe.csv")


def test_a_newer_major_is_refused_and_a_newer_minor_is_read(files: ArtifactFiles) -> None:
    put(files, "scan.json", b'{"schema": "avwap.scan/1.7", "new": 1}')
    assert files.read_json(DAY, "scan.json")["new"] == 1
    put(files, "scan.json", b'{"schema": "avwap.scan/2.0"}')
    with pytest.raises(SchemaMismatch, match=r"avwap\.scan/2\.0"):
        files.read_json(DAY, "scan.json")
    put(files, "universe.csv", b"schema_version,symbol\navwap.universe/2.0,A\n")
    with pytest.raises(SchemaMismatch):
        files.read_csv(DAY, "universe.csv")


def test_an_oversized_file_is_refused_unread(
    files: ArtifactFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact_files, "MAX_BYTES", 10)
    put(files, "scan.json", DOCUMENT)
    with pytest.raises(DamagedInput, match="larger than"):
        files.read_json(DAY, "scan.json")


@pytest.mark.parametrize(
    "name",
    ["../scan.json", "/etc/passwd", "scan.JSON", "a/b.json", "scan.json\n", "", ".json", "x.exe"],
)
def test_names_that_could_leave_the_folder_are_refused(name: str, files: ArtifactFiles) -> None:
    with pytest.raises(UsageError):
        files.write_text(DAY, name, "x")
    assert not files.outputs.exists()


@pytest.mark.parametrize("session", ["2024-03-08", "../..", datetime(2024, 3, 8), None])  # noqa: DTZ001
def test_a_session_is_a_date_and_nothing_else(session: Any, files: ArtifactFiles) -> None:
    with pytest.raises(UsageError):
        files.folder(session)


def test_a_failed_write_keeps_the_last_good_file(
    files: ArtifactFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write_json(DAY, "scan.json", SCAN, {"a": 1})

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AvwapError, match="No space left"):
        files.write_json(DAY, "scan.json", SCAN, {"a": 2})
    assert files.read_json(DAY, "scan.json")["a"] == 1


def test_csv_is_read_by_a_plain_csv_reader(files: ArtifactFiles) -> None:
    files.write_csv(DAY, "universe.csv", "avwap.universe/1.0", ["x"], [[0.1 + 0.2]])
    with (files.folder(DAY) / "universe.csv").open(encoding="utf-8", newline="") as file:
        assert float(list(csv.reader(file))[1][1]) == 0.1 + 0.2


def test_lines_are_objects_that_each_begin_with_the_schema(files: ArtifactFiles) -> None:
    rows = [{"symbol": "BRK.B", "day": DAY, "pnl_usd": -1.5}, {"symbol": "é"}]
    assert files.write_lines(DAY, "trades.jsonl", "avwap.trades/1.0", rows)
    text = (files.folder(DAY) / "trades.jsonl").read_text("utf-8")
    assert text == (
        '{"schema": "avwap.trades/1.0", "symbol": "BRK.B", "day": "2024-03-08", "pnl_usd": -1.5}\n'
        '{"schema": "avwap.trades/1.0", "symbol": "é"}\n'
    )
    assert not files.write_lines(DAY, "trades.jsonl", "avwap.trades/1.0", iter(rows))
    assert files.write_lines(DAY, "trades.jsonl", "avwap.trades/1.0", [])
    assert (files.folder(DAY) / "trades.jsonl").read_bytes() == b""


def test_a_line_holds_no_nan(files: ArtifactFiles) -> None:
    with pytest.raises(ValueError, match="JSON"):
        files.write_lines(DAY, "trades.jsonl", "avwap.trades/1.0", [{"r": float("nan")}])
    assert files.digest(DAY, "trades.jsonl") is None
