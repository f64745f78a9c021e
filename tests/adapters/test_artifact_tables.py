"""Parquet tables of the session folders, read back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from avwap_cli.adapters.arrow_tables import MOST_ROWS, table_of
from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.dry_artifacts import DryArtifacts
from avwap_cli.errors import DamagedInput, MissingInput, SchemaMismatch

DAY = date(2024, 3, 8)
NAME = "minutes.parquet"
KINDS: dict[str, type] = {"symbol": str, "close": float, "volume": int}
COLUMNS: dict[str, Any] = {"symbol": ["A", "B"], "close": [0.1, None], "volume": [3, 2**53]}


@pytest.fixture
def store(tmp_path: Path) -> ArtifactFiles:
    return ArtifactFiles(tmp_path)


def test_what_was_written_is_read_and_only_what_is_asked_for(store: ArtifactFiles) -> None:
    store.write_table(DAY, NAME, "avwap.minutes/1.0", COLUMNS, KINDS)
    assert store.read_table(DAY, NAME, tuple(KINDS)) == COLUMNS
    assert store.read_table(DAY, NAME, ("volume",)) == {"volume": [3, 2**53]}
    dry = DryArtifacts(store, ArtifactFiles(store.outputs / "aside"))
    assert dry.read_table(DAY, NAME, ("symbol",)) == {"symbol": ["A", "B"]}


def test_a_table_that_is_not_there_says_who_makes_it(store: ArtifactFiles) -> None:
    with pytest.raises(MissingInput, match="avwap report"):
        store.read_table(DAY, NAME, ("symbol",))


@pytest.mark.parametrize(
    ("schema", "error"),
    [
        ("avwap.minutes/2.0", SchemaMismatch),
        ("avwap.signals/1.0", DamagedInput),
        ("what", DamagedInput),
    ],
)
def test_another_schema_is_refused(
    store: ArtifactFiles, schema: str, error: type[Exception]
) -> None:
    store.write_table(DAY, NAME, schema, COLUMNS, KINDS)
    with pytest.raises(error):
        store.read_table(DAY, NAME, ("symbol",))


def test_a_column_that_is_missing_is_named(store: ArtifactFiles) -> None:
    store.write_table(DAY, NAME, "avwap.minutes/1.0", COLUMNS, KINDS)
    with pytest.raises(DamagedInput, match="start"):
        store.read_table(DAY, NAME, ("symbol", "start"))


@pytest.mark.parametrize("cut", [0, 3, 40, 200, -5])
def test_no_torn_table_is_read(store: ArtifactFiles, cut: int) -> None:
    store.write_table(DAY, NAME, "avwap.minutes/1.0", COLUMNS, KINDS)
    path = store.folder(DAY) / NAME
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DamagedInput, match=NAME):
        store.read_table(DAY, NAME, ("symbol",))


def test_a_table_of_too_many_rows_is_not_read_at_all() -> None:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    many = pa.nulls(MOST_ROWS + 1, pa.int8())
    pq.write_table(pa.Table.from_arrays([many], ["x"]), sink)
    with pytest.raises(ValueError, match="rows"):
        table_of(sink.getvalue(), ("x",))
