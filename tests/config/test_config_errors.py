"""Whatever is wrong with a configuration: one sentence with file, line, key and what to do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from avwap_cli.config import Sources, check, load
from avwap_cli.errors import ConfigError
from avwap_cli.home import Home
from avwap_cli.signals.strategies import STRATEGIES

PARAMS = {name: strategy.params_type for name, strategy in STRATEGIES.items()}


def problems(
    root: Path,
    text: str | bytes = "",
    name: str = "default.yaml",
    env: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> tuple[str, ...]:
    (root / "config").mkdir(exist_ok=True)
    (root / "config" / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return check(Sources(Home(root), PARAMS, env or {}, None, flags))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "scan:\n  liquidity:\n    min_close_usd: three\n",
            "config/default.yaml:3: scan.liquidity.min_close_usd: expected a number >= 0, "
            "found 'three'",
        ),
        (
            "scan: {liquidity: {min_close: 3}}",
            "config/default.yaml:1: scan.liquidity.min_close: expected a known key, found an "
            "unknown one; did you mean 'min_close_usd'?",
        ),
        (
            "rankin: {}",
            "config/default.yaml:1: rankin: expected a known key, found an unknown one; "
            "did you mean 'ranking'?",
        ),
        ("data: {volume_scale: .nan}", "expected a number > 0, found nan"),
        ("data: {volume_scale: -.inf}", "expected a number > 0, found -inf"),
        ("data: {volume_scale: '2'}", "expected a number > 0, found '2'"),
        ("data: {backfill_sessions: 504.0}", "expected a whole number > 0, found 504.0"),
        ("data: {backfill_sessions: true}", "expected a whole number > 0, found true"),
        ("data: {compact_sessions: 61}", "expected a whole number > 0 and <= 60, found 61"),
        ("data: {feed: null}", "expected one of sip, iex, found nothing (null)"),
        ("data: {benchmarks: [SPY, TRUE]}", "data.benchmarks[1]: expected text, found true"),
        ("data: {benchmarks: SPY}", "data.benchmarks: expected a list, each text, found 'SPY'"),
        ("data: {retries: 3}", "data.retries: expected a mapping, found 3"),
        ("universe: {prefilter: true}", "expected in config/universe.yaml"),
        ("data: {api_key: PK123}", "expected no secrets in YAML"),
        ("ranking: {score: {strength: 0.6}}", "sum to 1, found a sum of 1.1"),
        ("regime: {weights: {TREND_UPP: {}}}", "did you mean 'TREND_UP'?"),
        ("regime: {weights: {RANGING: {avwp: 0}}}", "did you mean 'avwap'?"),
        ("regime: {weights: {RANGING: {avwap: 1}}}", "at most 1, found a sum of 1.8"),
        ("scan: {weekly: {fast_weeks: 40}}", "expected a value < scan.weekly.slow_weeks (40)"),
        ("scan: {trend: {slow_sma: 20}}", "scan.trend.slow_sma: expected a value > scan.trend"),
        ("scan: {run: {min_coverage_frac: 0.96}}", "<= scan.run.clean_coverage_frac (0.95)"),
        ("data: {provider: files}", "data.provider: expected the provider files to have"),
        ("earnings: {provider: files}", "earnings.provider: expected the provider files to have"),
        ("regime: {symbol: QQQ}", "regime.symbol to be one of data.benchmarks, found 'QQQ'"),
        ("data: {feed: sip}\ndata: {}", "config/default.yaml:2: data: expected each key once"),
        ("data: {feed: sip, feed: iex}", "feed: expected each key once"),
        ("data:\n\tfeed: sip", "config/default.yaml:2: expected YAML, found"),
        ("- 1\n- 2", "expected a mapping of sections, found a list of 2"),
        ("42", "expected a mapping of sections, found 42"),
        ("a: &x [1]\nb: *x", "found a YAML anchor or alias"),
        ("a: !!python/object:os.system x", "found the YAML tag"),
        ("a: 1\n---\nb: 1", "found a second one"),
        ("? [a]\n: b", "expected a name as key"),
        ("a: " + "[" * 100_000, "expected at most 20 levels"),
        ("a: " + "x" * 1_000_001, "expected at most 1000000 bytes"),
        (b"\xff\xfea", "expected UTF-8 text, found the byte 0xff at offset 0"),
        ("a: \x00", "expected YAML, found"),
    ],
)
def test_a_wrong_file_is_told_in_one_sentence(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    (found,) = problems(tmp_path, text)
    assert message in found
    assert found.startswith("config/default.yaml")
    assert "\n" not in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rsi_mean_revrsion: {enabled: false}", "did you mean 'rsi_mean_reversion'?"),
        ("bb_squeeze: {params: {squeeze_rato: 1}}", "did you mean 'squeeze_ratio'?"),
        ("bb_squeeze: {params: {squeeze_ratio: x}}", "params.squeeze_ratio: expected a number"),
        ("bb_squeeze: {params: 3}", "bb_squeeze.params: expected a mapping, found 3"),
        ("avwap: 4", "strategies.avwap: expected a mapping, found 4"),
        ("avwap: {params: {x: 1}}", "strategies.avwap.params.x: expected a known key"),
        ("avwap: {reference: [1, 2]}", "a list, each a number (11 of them), found a list of 2"),
        ("avwap: {reference: [1, 2, 3, 4, 5, 6, 5, 8, 9, 10, 11]}", "in ascending order"),
        ("avwap: {entry_group: mooo}", "expected one of moo, confirm, boh, found 'mooo'"),
    ],
)
def test_a_wrong_strategy(tmp_path: Path, text: str, message: str) -> None:
    (found,) = problems(tmp_path, f"strategies:\n  {text}\n", "strategy_params.yaml")
    assert message in found
    assert found.startswith("config/strategy_params.yaml:2: strategies.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AAPL: {launch: [2024-02-03, 75]}", "expected a trading day, found 2024-02-03"),
        ("AAPL: {launch: [1950-02-03, 75]}", "expected a trading day, found 1950-02-03"),
        ("AAPL: {launch: [2024-02-30, 75]}", "expected a date like 2024-02-02"),
        ("AAPL: {launch: [2024-02-02, 0]}", "launch[1]: expected a whole number > 0, found 0"),
        ("AAPL: {launch: [2024-02-02]}", "expected a whole number > 0, found nothing"),
        ("AAPL: {ytd: [2024-02-02, 5]}", "found that of a built-in anchor"),
        ("aapl: {launch: [2024-02-02, 5]}", "expected a symbol like AAPL or BRK.B"),
        ("../x: {launch: [2024-02-02, 5]}", "expected a symbol like AAPL or BRK.B"),
    ],
)
def test_a_wrong_anchor_of_ones_own(tmp_path: Path, text: str, message: str) -> None:
    (found,) = problems(tmp_path, f"user_anchors:\n  {text}\n", "anchors.yaml")
    assert message in found
    assert found.startswith("config/anchors.yaml:2: user_anchors.")


def test_an_unknown_anchor_has_no_priority(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, "anchors: {priority: {Swinglow: 50}}", "anchors.yaml")
    assert found.endswith("did you mean 'SwingLow'?")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("AVWAP_DATA__PROVDER", "x", "did you mean 'AVWAP_DATA__PROVIDER'?"),
        ("AVWAP_HOEM", "x", "did you mean 'AVWAP_HOME'?"),
        ("AVWAP_ALPACA_API_KEY", "PK77", "did you mean 'ALPACA_API_KEY'?"),
        ("AVWAP_", "x", "expected the name of a setting"),
        ("AVWAP_DATA__PROVIDER__X", "x", "expected the name of a setting"),
        ("AVWAP_DATA__PROVIDER", "x", "data.provider: expected one of alpaca, yfinance"),
        ("AVWAP_DATA__FILES", "[a", "expected YAML"),
        ("AVWAP_DATA__BACKFILL_SESSIONS", "", "expected a whole number > 0, found ''"),
        ("AVWAP_SCAN", "5", "scan: expected a mapping, found 5"),
    ],
)
def test_a_wrong_variable(tmp_path: Path, name: str, value: str, message: str) -> None:
    (found,) = problems(tmp_path, env={name: value})
    assert found.startswith(f"environment {name}:")
    assert message in found
    assert "PK77" not in found


def test_a_wrong_flag(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, flags={"scan.sector.keep_best": "12"})
    assert found == (
        "command line: scan.sector.keep_best: expected a whole number >= 1 and <= 11, found 12"
    )


def test_load_tells_the_first_problem_and_counts_the_others(tmp_path: Path) -> None:
    text = "data:\n  feed: six\n  provider: alpca\n  volume_scale: 0\n"
    every = problems(tmp_path, text)
    assert [line.split(":")[1] for line in every] == ["2", "3", "4"]
    with pytest.raises(ConfigError) as caught:
        load(Sources(Home(tmp_path), PARAMS, {}))
    assert str(caught.value) == f"{every[0]} (and 2 more; run `avwap config check`)"
    assert caught.value.exit_code == 3


def test_a_given_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "gone.yaml"
    (found,) = check(Sources(Home(tmp_path), PARAMS, {}, path))
    assert found == f"{path}: expected a readable file, found: No such file or directory"


def test_a_hostile_depth_is_refused_at_once(tmp_path: Path) -> None:
    start = time.process_time()
    assert problems(tmp_path, "[" * 900_000)
    assert time.process_time() - start < 5
