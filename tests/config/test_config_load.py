"""What a valid configuration becomes, which layer wins, and that every origin is known."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from avwap_cli.config import Config, Sources, describe, digest, load
from avwap_cli.errors import ConfigError
from avwap_cli.home import Home
from avwap_cli.signals.strategies import STRATEGIES

ROOT = Path(__file__).resolve().parents[2]
PARAMS = {name: strategy.params_type for name, strategy in STRATEGIES.items()}
ELSEWHERE = ("data", "earnings", "universe", "logs", "retention", "broker", "alerts", "trading")


def sources(root: Path, env: Mapping[str, str] | None = None, **more: Any) -> Sources:
    return Sources(Home(root), PARAMS, env or {}, **more)


def put(root: Path, name: str, text: str) -> None:
    (root / "config").mkdir(exist_ok=True)
    (root / "config" / name).write_text(text, encoding="utf-8")


def origin(config: Config, key: str) -> str:
    return next(s.origin for s in config.settings if s.key == key)


def yaml_leaves(tree: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if isinstance(tree, dict) and tree:
        found: dict[tuple[str, ...], Any] = {}
        for key, value in tree.items():
            found |= yaml_leaves(value, (*path, str(key)))
        return found
    return {path: tree}


def record_leaves(record: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if dataclasses.is_dataclass(record):
        record = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
    if isinstance(record, Mapping) and record:
        found: dict[tuple[str, ...], Any] = {}
        for key, value in record.items():
            found |= record_leaves(value, (*path, key))
        return found
    return {path: list(record) if isinstance(record, tuple) else record}


def in_the_yaml(path: tuple[str, ...]) -> tuple[str, ...]:
    """Where a field of Config stands in the files."""
    if path[0] == "trading":
        return path[1:]
    if path[0] != "rules":
        return path
    own = {"regime", "ranking", "setup", "anchors", "user_anchors", "strategies"}
    if path[1] == "batch_universe":
        return ("batch", "universe")
    return path[1:] if path[1] in own else ("scan", *path[1:])


def shipped() -> dict[tuple[str, ...], Any]:
    """Every leaf of the repository's files, read by PyYAML itself."""
    found: dict[tuple[str, ...], Any] = {}
    for path in sorted((ROOT / "config").glob("*.yaml")):
        found |= yaml_leaves(yaml.safe_load(path.read_text(encoding="utf-8")))
    return found


def test_the_packaged_files_are_the_repositorys_files_byte_for_byte() -> None:
    ours = {p.name: p.read_bytes() for p in (ROOT / "config").glob("*.yaml")}
    packaged = {p.name: p.read_bytes() for p in (ROOT / "avwap_cli/defaults").glob("*.yaml")}
    assert len(ours) == 5
    assert packaged == ours


def test_every_key_reaches_a_field_and_every_field_has_a_key(tmp_path: Path) -> None:
    config = load(sources(tmp_path))
    parts = {name: getattr(config, name) for name in (*ELSEWHERE, "rules")}
    fields = {in_the_yaml(path): value for path, value in record_leaves(parts).items()}
    assert fields == shipped()


def test_settings_and_description_list_exactly_the_keys_of_the_files(tmp_path: Path) -> None:
    keys = {".".join(path) for path in shipped()}
    assert {s.key for s in load(sources(tmp_path)).settings} == keys
    described = {row["key"]: row for row in describe(PARAMS)}
    assert set(described) == keys
    assert described["scan.liquidity.min_close_usd"] == {
        "key": "scan.liquidity.min_close_usd",
        "file": "default.yaml",
        "type": "a number >= 0",
        "default": 3.0,
    }
    assert described["data.feed"]["type"] == "one of sip, iex"
    assert described["strategies.avwap.exit.tp_atr_mult"]["type"] == "a number > 0 or null"


def test_the_five_layers_in_their_order(tmp_path: Path) -> None:
    key = "ranking.max_candidates"
    extra = tmp_path / "mine.yaml"
    extra.write_text("ranking: {max_candidates: 3}\n", encoding="utf-8")
    variable = {"AVWAP_RANKING__MAX_CANDIDATES": "4"}

    def value_and_origin(**more: Any) -> tuple[int, str]:
        config = load(sources(tmp_path, **more))
        return config.rules.ranking.max_candidates, origin(config, key)

    assert value_and_origin() == (12, "packaged default")
    put(tmp_path, "default.yaml", "ranking:\n  # fewer\n  max_candidates: 2\n")
    assert value_and_origin() == (2, "config/default.yaml:3")
    assert value_and_origin(file=extra) == (3, f"{extra}:1")
    assert value_and_origin(env={"AVWAP_CONFIG": str(extra)}) == (3, f"{extra}:1")
    assert value_and_origin(file=extra, env=variable) == (
        4,
        "environment AVWAP_RANKING__MAX_CANDIDATES",
    )
    assert value_and_origin(file=extra, env=variable, flags={key: "5"}) == (5, "command line")


def test_a_value_equal_to_the_default_still_belongs_to_its_file(tmp_path: Path) -> None:
    put(tmp_path, "default.yaml", "data:\n  provider: alpaca\n")
    config = load(sources(tmp_path))
    assert origin(config, "data.provider") == "config/default.yaml:2"
    assert origin(config, "data.feed") == "packaged default"


def test_mappings_merge_and_lists_replace(tmp_path: Path) -> None:
    put(tmp_path, "default.yaml", "data: {benchmarks: [SPY, ON], retries: {timeout_s: 7}}\n")
    data = load(sources(tmp_path)).data
    assert data.benchmarks == ("SPY", "ON")
    assert data.retries.timeout_s == 7
    assert data.retries.page_waits_s == (5, 15, 45)


def test_variables_find_keys_of_any_case_and_hold_yaml(tmp_path: Path) -> None:
    env = {
        "AVWAP_REGIME__WEIGHTS__TREND_UP__AVWAP": "0.25",
        "avwap_data__files": "[a.csv, b.parquet]",
        "AVWAP_DATA__SPLIT_LIST": "",
        "AVWAP_STRATEGIES__AVWAP__EXIT__SL_ATR_MULT": "null",
        "AVWAP_USER_ANCHORS__AAPL__launch": "[2024-02-02, 75]",
        "AVWAP_HOME": "/somewhere",
        "AVWAP_LIVE": "1",
        "AVWAP_REAL_DATA": "/data",
        "AVWAP_OPENAPI": "/schemas",
        "AVWAP_DEMO_SEED": "7",
    }
    config = load(sources(tmp_path, env))
    assert config.rules.regime.weights["TREND_UP"]["avwap"] == 0.25
    assert config.data.files == ("a.csv", "b.parquet")
    assert config.data.split_list == ""
    assert config.rules.strategies["avwap"].exit.sl_atr_mult is None
    assert config.rules.user_anchors == {"AAPL": {"launch": (date(2024, 2, 2), 75)}}


def test_plain_words_keep_their_letters(tmp_path: Path) -> None:
    """ON and NO are tickers; 1e7 is a number; in YAML 1.1 they are true, false and text."""
    put(tmp_path, "anchors.yaml", "user_anchors: {ON: {low: [2024-02-02, 1]}, NO: {}}\n")
    put(tmp_path, "default.yaml", "scan: {liquidity: {min_dollar_volume_usd: 1e7}}\n")
    rules = load(sources(tmp_path)).rules
    assert set(rules.user_anchors) == {"ON", "NO"}
    assert rules.liquidity.min_dollar_volume_usd == 10_000_000


def test_the_hash_is_of_values_not_of_their_writing(tmp_path: Path) -> None:
    before = load(sources(tmp_path))
    put(tmp_path, "default.yaml", "regime: {trend_adx: 22.0}  # as it was\n")
    same = load(sources(tmp_path, {"ALPACA_SECRET_KEY": "x"}))
    assert same.hash == before.hash
    assert re.fullmatch(r"[0-9a-f]{64}", same.hash)
    changed = load(sources(tmp_path, flags={"logs.level": "debug"}))
    assert changed.hash != before.hash
    assert digest(changed.rules) == digest(before.rules)


def test_an_own_quality_profile_may_be_added(tmp_path: Path) -> None:
    text = "scan: {quality: {calm: {min_atr_usd: 1, max_atr_pct: 4, max_atr_expansion: 1}}}\n"
    put(tmp_path, "default.yaml", text)
    assert set(load(sources(tmp_path)).rules.quality) == {"daily", "weekend", "calm"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "\ufeffdata: {feed: sip}\n"])
def test_an_empty_file_overrides_nothing(tmp_path: Path, text: str) -> None:
    put(tmp_path, "default.yaml", text)
    assert load(sources(tmp_path)).hash == load(sources(tmp_path / "none")).hash


def test_an_iex_feed_with_full_volumes_is_worth_a_warning(tmp_path: Path) -> None:
    put(tmp_path, "default.yaml", "data: {feed: iex}\n")
    assert "volume_scale" in load(sources(tmp_path)).warnings[0]
    put(tmp_path, "default.yaml", "data: {feed: iex, volume_scale: 35}\n")
    assert load(sources(tmp_path)).warnings == ()


def test_a_file_that_is_not_read_is_named(tmp_path: Path) -> None:
    put(tmp_path, "defualt.yaml", "nonsense\n")
    (warning,) = load(sources(tmp_path)).warnings
    assert warning == "config/defualt.yaml is not read; did you mean 'default.yaml'?"
    put(tmp_path, "defualt.yaml", "data: {feed: sip}\n")
    given = tmp_path / "config" / "defualt.yaml"
    assert load(sources(tmp_path, file=given)).warnings == ()


def test_a_strategy_of_another_registry_needs_its_section(tmp_path: Path) -> None:
    @dataclasses.dataclass(frozen=True)
    class Params:
        depth: int

    ours = {**PARAMS, "dip": Params}
    with pytest.raises(ConfigError, match=r"strategies\.dip: expected a mapping, found nothing"):
        load(Sources(Home(tmp_path), ours, {}))
    put(
        tmp_path,
        "strategy_params.yaml",
        "strategies:\n  dip: {enabled: true, shorts: false, entry_group: moo, params: {depth: 3},\n"
        "    exit: {sl_atr_mult: 1, max_stop_frac: null, tp_atr_mult: 1, trailing_atr_mult: null,\n"
        "      max_hold_sessions: 5}, reference: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\n",
    )
    assert load(Sources(Home(tmp_path), ours, {})).rules.strategies["dip"].params == Params(3)
