"""What must hold between values that are each valid alone.

A check yields problems; it never raises.  Names that must be known (regimes, anchors)
are those of the packaged files, so that no list of them stands here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from avwap_cli.config.layers import PACKAGED, did_you_mean, find
from avwap_cli.config.records import Document
from avwap_cli.config.validation import Path, Problem, problem
from avwap_cli.config.yaml_text import Value, shown
from avwap_cli.errors import InputError
from avwap_cli.market import sessions
from avwap_cli.market.symbols import is_symbol
from avwap_cli.playbook import STAGES

TOLERANCE = 1e-9
_VARIABLE = re.compile(r"(?!AVWAP_|ALPACA_)[A-Z_][A-Z0-9_]*", re.ASCII)
_FLOORS = ("info", "warning", "page")
_ORDERED: tuple[tuple[str, str, bool], ...] = (
    ("scan.weekly.fast_weeks", "scan.weekly.slow_weeks", True),
    ("scan.weekly.slow_weeks", "scan.weekly.min_weeks", False),
    ("scan.trend.fast_sma", "scan.trend.slow_sma", True),
    ("scan.run.min_coverage_frac", "scan.run.clean_coverage_frac", False),
    ("scan.history.min_avwap_sessions", "scan.history.window_sessions", False),
    ("scan.history.min_batch_sessions", "scan.history.window_sessions", False),
    ("regime.ranging_adx", "regime.trend_adx", False),
    ("anchors.min_age_sessions", "anchors.window_sessions", True),
    ("anchors.slope_sessions", "anchors.min_age_sessions", True),
    ("anchors.breakout_lookback_sessions", "anchors.window_sessions", True),
    ("anchors.breakout_volume_sessions", "scan.history.min_avwap_sessions", False),
    ("anchors.window_sessions", "scan.history.min_avwap_sessions", True),
    ("anchors.swing_sessions", "scan.history.min_avwap_sessions", False),
    ("scan.levels.swing_sessions", "scan.history.min_avwap_sessions", False),
    ("scan.weekly.min_sessions", "scan.history.window_sessions", False),
    ("scan.market_side.mean_sessions", "scan.history.window_sessions", False),
    ("scan.history.window_sessions", "data.backfill_sessions", False),
    ("setup.gap_window_sessions", "scan.history.min_avwap_sessions", False),
    ("setup.balanced_pct", "setup.extended_pct", True),
    ("setup.gap_recent_sessions", "setup.gap_window_sessions", False),
    ("earnings.ttl_near_hours", "earnings.ttl_hours", False),
    ("data.refresh_sessions", "data.backfill_sessions", False),
    ("retention.pack_after_days", "retention.keep_days", False),
)


def cross_check(
    document: Document, tree: Value, packaged: Value, params: Mapping[str, type]
) -> list[Problem]:
    """Every problem between valid values, in the order of the checks."""
    return [
        *_ordered(tree),
        *_files_are_named(document, tree),
        *_variables(document, tree),
        *_score(document, tree),
        *_regimes(document, tree, packaged, params),
        *_references(document, tree),
        *_anchors(document, tree, packaged),
    ]


def warnings(document: Document) -> tuple[str, ...]:
    """What is allowed and yet worth a sentence."""
    if document.data.feed == "iex" and document.data.volume_scale == 1:
        return (
            "data.feed is iex, which sees a few percent of the tape, and data.volume_scale is 1: "
            "most names will look illiquid",
        )
    return ()


def _ordered(tree: Value) -> Iterator[Problem]:
    for low, high, strictly in _ORDERED:
        path: Path = tuple(low.split("."))
        above: Path = tuple(high.split("."))
        small, large = _number(tree, path), _number(tree, above)
        if small < large or (small == large and not strictly):
            continue
        if _blamed(tree, path, above) == path:
            mark = "<" if strictly else "<="
            yield problem(
                tree, path, f"expected a value {mark} {high} ({large:g}), found {small:g}"
            )
        else:
            mark = ">" if strictly else ">="
            yield problem(
                tree, above, f"expected a value {mark} {low} ({small:g}), found {large:g}"
            )


def _number(tree: Value, path: Path) -> float:
    content: Any = find(tree, path)[0].content
    return float(content)


def _blamed(tree: Value, *paths: Path) -> Path:
    """Of keys that do not go together, the first that a person has set."""
    own = (path for path in paths if find(tree, path)[0].origin != PACKAGED)
    return next(own, paths[0])


def _files_are_named(document: Document, tree: Value) -> Iterator[Problem]:
    if document.data.provider == "files" and not document.data.files:
        path = _blamed(tree, ("data", "files"), ("data", "provider"))
        words = "expected the provider files to have at least one file in data.files, found none"
        yield problem(tree, path, words)
    if document.earnings.provider == "files" and not document.earnings.file:
        path = _blamed(tree, ("earnings", "file"), ("earnings", "provider"))
        words = "expected the provider files to have a file in earnings.file, found none"
        yield problem(tree, path, words)
    symbol = document.regime.symbol
    if symbol not in document.data.benchmarks:
        path = _blamed(tree, ("regime", "symbol"), ("data", "benchmarks"))
        words = f"expected regime.symbol to be one of data.benchmarks, found '{shown(symbol)}'"
        yield problem(tree, path, words)


def _variables(document: Document, tree: Value) -> Iterator[Problem]:
    """Channels and pings are named by variables; what stands there instead is not shown."""
    hint = "put the address into that variable, in the environment or in .env"
    for number, entry in enumerate(document.alerts.channels):
        name, colon, floor = entry.partition(":")
        if not _VARIABLE.fullmatch(name) or (colon and floor not in _FLOORS):
            words = f"expected NAME of a variable, or NAME:floor ({', '.join(_FLOORS)})"
            yield problem(tree, ("alerts", "channels", number), words, hint)
    where: Path = ("alerts", "pings")
    yield from _unknown_names(tree, where, tuple(s.name for s in STAGES), "stage")
    for stage, name in document.alerts.pings.items():
        if not _VARIABLE.fullmatch(name):
            yield problem(tree, (*where, stage), "expected NAME of a variable", hint)


def _score(document: Document, tree: Value) -> Iterator[Problem]:
    score = document.ranking.score
    total = score.strength + score.weight + score.calm + score.volume
    if abs(total - 1) > TOLERANCE:
        words = f"expected weights that sum to 1, found a sum of {total:.10g}"
        yield problem(tree, ("ranking", "score"), words)


def _regimes(
    document: Document, tree: Value, packaged: Value, params: Mapping[str, type]
) -> Iterator[Problem]:
    where: Path = ("regime", "weights")
    yield from _unknown_names(tree, where, _names(packaged, where), "regime")
    for regime, weights in document.regime.weights.items():
        path = (*where, regime)
        yield from _unknown_names(tree, path, tuple(params), "strategy")
        total = sum(weights.values())
        if total > 1 + TOLERANCE:
            words = f"expected weights that sum to at most 1, found a sum of {total:.10g}"
            yield problem(tree, path, words)


def _names(tree: Value, path: Path) -> tuple[str, ...]:
    content = find(tree, path)[0].content
    return tuple(content) if isinstance(content, dict) else ()


def _unknown_names(tree: Value, path: Path, known: tuple[str, ...], noun: str) -> Iterator[Problem]:
    for name in _names(tree, path):
        if name not in known:
            hint = did_you_mean(name, known) or f"the names are {', '.join(known)}"
            yield problem(tree, (*path, name), f"expected a {noun}, found an unknown name", hint)


def _references(document: Document, tree: Value) -> Iterator[Problem]:
    for name, strategy in document.strategies.items():
        if any(below > above for below, above in pairwise(strategy.reference)):
            words = "expected values in ascending order, found a fall"
            hint = "`avwap calibrate` makes them"
            yield problem(tree, ("strategies", name, "reference"), words, hint)


def _anchors(document: Document, tree: Value, packaged: Value) -> Iterator[Problem]:
    where: Path = ("anchors", "priority")
    built_in = _names(packaged, where)
    yield from _unknown_names(tree, where, built_in, "anchor")
    taken = {name.casefold() for name in built_in}
    for symbol, anchors in document.user_anchors.items():
        if not is_symbol(symbol):
            words = "expected a symbol like AAPL or BRK.B as key, found another form"
            yield problem(tree, ("user_anchors", symbol), words)
        for name, (day, _) in anchors.items():
            path: Path = ("user_anchors", symbol, name)
            if name.casefold() in taken:
                words = "expected a name of your own, found that of a built-in anchor"
                yield problem(tree, path, words)
            try:
                session = sessions.is_session(day)
            except InputError as error:
                yield problem(tree, path, f"expected a trading day, found {error.message}")
                continue
            if not session:
                yield problem(tree, path, f"expected a trading day, found {day}, which is none")
