"""docs/configuration.md names every key with its type and default, and every variable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from avwap_cli.config import describe
from avwap_cli.config.credentials import NAMES
from avwap_cli.config.layers import RESERVED
from avwap_cli.signals.strategies import STRATEGIES

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in DOCS.splitlines()
    if line.startswith("| `")
]
DESCRIBED = describe({name: strategy.params_type for name, strategy in STRATEGIES.items()})


@pytest.mark.parametrize("described", DESCRIBED, ids=lambda row: row["key"])
def test_every_key_is_in_the_docs_with_its_type_and_default(described: dict[str, Any]) -> None:
    (row,) = [row for row in ROWS if row[0] == f"`{described['key']}`"]
    _, default, kind, meaning = row
    reference = described["key"].endswith(".reference")
    assert default == ("in the file" if reference else f"`{json.dumps(described['default'])}`")
    assert kind == described["type"]
    assert len(meaning) > 4


def test_the_docs_name_no_key_that_is_none() -> None:
    known = {row["key"] for row in DESCRIBED}
    assert {row[0].strip("`") for row in ROWS if len(row) == 4} == known


def test_every_variable_is_in_the_docs() -> None:
    assert {*RESERVED, *NAMES} <= {row[0].strip("`") for row in ROWS}


def test_the_description_is_ready_for_json() -> None:
    assert json.loads(json.dumps(DESCRIBED)) == DESCRIBED
