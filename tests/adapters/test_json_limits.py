"""No document can hurt its reader: numbers, depth, size, and what is no file at all."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.json_limits import MAX_DEPTH, limited_json
from avwap_cli.errors import DamagedInput

DAY = date(2024, 3, 8)
DOCUMENT = b'{"schema": "avwap.scan/1.0", "x": %s}'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"1e999", "too large a number"),
        (b"-1e999", "too large a number"),
        (b"9" * 25, "too large a number"),
        (b"NaN", "is not a JSON number"),
        (b"-Infinity", "is not a JSON number"),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "nested more than"),
        (b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH, "nested more than"),
        (b"[" * 100_000 + b"]" * 100_000, "is not JSON"),
        (b'"\xff"', "is not JSON"),
    ],
)
def test_what_breaks_readers_is_named_damage(text: bytes, says: str, tmp_path: Path) -> None:
    store = ArtifactFiles(tmp_path)
    path = store.folder(DAY) / "scan.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(DOCUMENT % text)
    with pytest.raises(DamagedInput, match=says) as caught:
        store.read_json(DAY, "scan.json")
    assert "run `avwap scan` again" in caught.value.hint
    assert len(str(caught.value)) < 1000


def test_what_is_within_the_limits_is_read_as_json_reads_it() -> None:
    deep: object = 1.5
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    whole = {"a": deep, "n": 10**23, "z": -0.0, "t": "é", "e": [], "f": 5e-324, "b": [True, None]}
    data = json.dumps(whole).encode()
    assert limited_json(data) == json.loads(data) == whole


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    store = ArtifactFiles(tmp_path)
    store.folder(DAY).mkdir(parents=True)
    os.mkfifo(store.folder(DAY) / "scan.json")
    with pytest.raises(DamagedInput, match="is no file"):
        store.read_json(DAY, "scan.json")
