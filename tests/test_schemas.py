"""The JSON Schemas that ship: valid, complete, and with the code's closed lists."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import avwap_cli
from avwap_cli import playbook
from avwap_cli.adapters.run_records import SETTINGS_SCHEMA
from avwap_cli.review.runs import SCHEMA
from avwap_cli.stages.operations.tape_notes import SCHEMA as TAPE_SCHEMA
from avwap_cli.stages.operations.tidy import SUMMARY_SCHEMA
from avwap_cli.verdicts import Reason, Stage

FOLDER = Path(avwap_cli.__file__).parent / "schemas"
SHA = "a" * 64
CANDIDATE: dict[str, Any] = {
    "rank": 1, "symbol": "BRK.B", "strategy": "avwap", "direction": "long", "entry_group": "boh",
    "sector": "Financials", "prev_close": 410.5, "atr": 4.25, "sl_atr_mult": None, "tp_atr_mult": None,
    "trailing_atr_mult": None, "max_hold_sessions": 20, "strength": 0.9, "score": 0.84, "entry": 408.1,
    "stop": 401.0, "r1": 415.2, "r2": 422.3, "reward_risk": 1.24, "rs_63_pct": -7.3, "rs_rank": 0.4,
    "metadata": {"anchor": "YTD"},
}  # fmt: skip
SCAN: dict[str, Any] = {
    "schema": "avwap.scan/1.0", "as_of": "2024-03-07", "trade_session": "2024-03-08",
    "hindsight": ["sectors"], "profile": "daily", "quality": {
        "state": "clean", "reasons": [], "members_expected": 2672, "members_with_bar": 2631,
        "earnings_asked": 473, "earnings_unknown": 19,
    },
    "regime": {"name": "TREND", "direction": "up", "numbers": {"adx": 27.8}},
    "avwap_price": "typical", "setup_rules": {"version": "1", "hash": SHA},
    "total_symbols_scanned": 2622, "total_signals_generated": 103,
    "funnel": [{"stage": "member", "kept": 2631, "dropped": {"no_bars": 41, "not_equity": 6}}],
    "funnel_short": None, "funnel_batch": [], "notes": ["0 batch signals"],
    "sectors": [{"sector": "Financials", "median_trend_score": 3.5}],
    "candidates": [CANDIDATE],
    "scan_summary": {"signals_by_strategy": {"avwap": 79}, "sectors_represented": ["Financials"]},
    "all_signals": [{
        "rank": None, "symbol": "A", "strategy": "avwap", "direction": "long", "sector": "Energy",
        "score": 0.5, "strength": 0.4, "raw_strength": 120.5, "weight": 1.0, "calm": 0.7,
        "volume": 0.4, "reason": "sector_cap", "metadata": {},
    }],
    "inputs": {"universe.csv": SHA}, "config_hash": SHA,
}  # fmt: skip


def load(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8"))
    return schema


def valid(name: str, document: dict[str, Any]) -> bool:
    return bool(jsonschema.Draft202012Validator(load(name)).is_valid(document))


def test_every_json_artifact_has_a_schema_of_its_name_and_nothing_else_has() -> None:
    wanted = {
        written.schema.partition("/")[0]
        for stage in playbook.STAGES
        for written in stage.writes
        if written.schema and written.name.endswith(".json")
    } | {each.partition("/")[0] for each in (SCHEMA, SETTINGS_SCHEMA, TAPE_SCHEMA, SUMMARY_SCHEMA)}
    assert {"avwap." + p.name.removesuffix(".schema.json") for p in FOLDER.iterdir()} == wanted


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda p: p.name)
def test_each_is_a_valid_schema_of_draft_2020_12(path: Path) -> None:
    schema = load(path.name.removesuffix(".schema.json"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_closed_lists_are_those_of_the_code() -> None:
    gate = load("scan")["$defs"]["gate"]["properties"]
    assert gate["stage"]["enum"] == [stage.value for stage in Stage]
    assert gate["dropped"]["propertyNames"]["enum"] == [reason.value for reason in Reason]


def test_a_scan_is_accepted() -> None:
    assert valid("scan", SCAN)
    assert valid("scan", {**SCAN, "regime": {"name": None, "direction": None, "numbers": {}}})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "avwap.scan/2.0"),
        (("schema",), "avwap.cache/1.0"),
        (("more",), 1),
        (("as_of",), "7 March"),
        (("profile",), ""),
        (("config_hash",), "x"),
        (("total_symbols_scanned",), -1),
        (("funnel", 0, "stage"), "luck"),
        (("funnel", 0, "dropped", "luck"), 1),
        (("candidates", 0, "more"), 1),
        (("candidates", 0, "symbol"), "../etc"),
        (("candidates", 0, "direction"), "up"),
        (("candidates", 0, "strength"), 1.5),
        (("candidates", 0, "entry"), "=cmd"),
        (("regime", "direction"), "left"),
        (("quality", "state"), "fine"),
    ],
)
def test_a_scan_with_one_thing_wrong_is_refused(path: tuple[Any, ...], value: object) -> None:
    document = copy.deepcopy(SCAN)
    place: Any = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not valid("scan", document)


@pytest.mark.parametrize("key", list(SCAN))
def test_no_field_of_a_scan_may_be_absent(key: str) -> None:
    assert not valid("scan", {k: v for k, v in SCAN.items() if k != key})


@pytest.mark.parametrize("key", list(CANDIDATE))
def test_no_field_of_a_candidate_may_be_absent(key: str) -> None:
    cut = {k: v for k, v in CANDIDATE.items() if k != key}
    assert not valid("scan", {**SCAN, "candidates": [cut]})


WHEN = {"trade_session": "2024-03-08", "as_of": "2024-03-07"}
UNIVERSE = WHEN | {
    "schema": "avwap.universe/1.0", "membership_known": "2024-03-05", "sectors_known": "2024-08-01",
    "hindsight": ["sectors"], "members": 2678, "equities": 2672, "dropped": {"cash": 6},
    "lists": {"SP500": {"symbols": 503, "known": "2024-03-05"}}, "sectors": {"Energy": 120},
    "liquid": {"yes": 1, "no": 2, "unknown": 3}, "sources": {"SP500": SHA},
    "table_sha256": SHA,
}  # fmt: skip
CACHE = WHEN | {
    "schema": "avwap.cache/1.0", "provider": "files", "feed": "vendor", "adjustment": "split",
    "sessions": 504, "symbols": 2684, "rows": 1_300_000,
    "coverage": {"expected": 2684, "with_bar": 2640, "frac": 0.98},
    "missing": {"count": 44, "first": ["A"]},
    "content_hash": SHA, "inputs": {"universe": SHA},
}  # fmt: skip


SUMMARY = WHEN | {
    "schema": "avwap.summary/1.0", "regime": "RANGING", "quality": None, "entries": 2, "exits": 0,
    "candidates": [{"symbol": "KO", "strategy": "avwap", "direction": "long"}],
    "removed": [{"name": "scan.json", "bytes": 200, "sha256": SHA}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "document"), [("universe", UNIVERSE), ("cache", CACHE), ("summary", SUMMARY)]
)
def test_documents_are_closed(name: str, document: dict[str, Any]) -> None:
    assert valid(name, document)
    assert not valid(name, {**document, "more": 1})
    for key in document:
        assert not valid(name, {k: v for k, v in document.items() if k != key}), key
