"""Findings: one scan written down, as the bodies of its artifacts.

Pure: the stage hands these to the artifact store.  A refused run keeps its funnel and
reasons and has no signals, so that nothing can act on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from avwap_cli.review.candidates import (
    FLAT_METADATA,
    candidate,
    flattened,
    metadata,
    number,
)
from avwap_cli.review.emptiness import sentences
from avwap_cli.review.quality import REFUSED, Quality
from avwap_cli.signals.funnel import Funnel
from avwap_cli.signals.ranking import Signal
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.scans import Scan
from avwap_cli.trading.plans import DIRECTION_WORDS


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a scan's artifacts say about where they come from.

    Attributes:
        as_of, trade_session: the last completed session, and the one acted on.
        hindsight: inputs known only later.
        quality: the judgement.
        inputs: name -> hash.
        config_hash: of the rules.
        setup_hash: of the setup labels' rules.
    """

    as_of: date
    trade_session: date
    hindsight: tuple[str, ...]
    quality: Quality
    inputs: Mapping[str, str]
    config_hash: str
    setup_hash: str

    @property
    def refused(self) -> bool:
        return self.quality.state == REFUSED


def scan_body(scan: Scan, about: Circumstances, rules: ScanRules) -> dict[str, Any]:
    """The body of `scan.json`, in its field order."""
    signals = [] if about.refused else [s for s in scan.signals if s.fired]
    kept = [] if about.refused else scan.candidates
    market, quality = scan.ground.market, about.quality
    return {
        "as_of": about.as_of.isoformat(),
        "trade_session": about.trade_session.isoformat(),
        "hindsight": list(about.hindsight),
        "profile": scan.inputs.profile,
        "quality": {
            "state": quality.state,
            "reasons": list(quality.reasons),
            "members_expected": quality.expected,
            "members_with_bar": quality.with_bar,
            "earnings_asked": quality.earnings_asked,
            "earnings_unknown": quality.earnings_unknown,
        },
        "regime": {
            "name": market.regime and market.regime.family,
            "direction": market.regime and market.regime.direction,
            "numbers": {
                "close": number(market.close),
                "mean_regime": number(market.mean_regime),
                "mean_slow": number(market.mean_slow),
                "adx": number(market.adx),
                "atr_frac": number(market.atr_frac),
            },
        },
        "avwap_price": scan.ground.prices.kind,
        "setup_rules": {"version": rules.setup.version, "hash": about.setup_hash},
        "total_symbols_scanned": int(scan.ground.listed.member.sum()),
        "total_signals_generated": len(signals),
        "funnel": _funnel(scan.sides[1].funnel),
        "funnel_short": _funnel(scan.sides[-1].funnel) if -1 in scan.sides else None,
        "funnel_batch": _funnel(scan.batch),
        "candidates": [candidate(s, scan, rules) for s in kept],
        "scan_summary": {
            "signals_by_strategy": dict(sorted(Counter(s.strategy for s in signals).items())),
            "sectors_represented": sorted({s.sector for s in kept}),
        },
        "notes": sentences(scan, rules, quality.sentences if about.refused else ()),
        "sectors": [{"sector": n, "median_trend_score": number(m)} for n, m in scan.sectors],
        "all_signals": [_signal(s) for s in signals],
        "inputs": dict(sorted(about.inputs.items())),
        "config_hash": about.config_hash,
    }


def candidate_table(
    body: Mapping[str, Any], scan: Scan
) -> tuple[tuple[str, ...], list[list[object]]]:
    """Columns and rows of `daily_candidates.csv`: the candidates of a body, flattened."""
    labels = tuple(key for key in scan.sides[1].labels if key != "avwap_dist_pct")
    return (*CANDIDATE_COLUMNS, *FLAT_METADATA, *labels), [
        flattened(record, labels) for record in body["candidates"]
    ]


CANDIDATE_COLUMNS = (
    "rank",
    "symbol",
    "strategy",
    "direction",
    "entry_group",
    "sector",
    "prev_close",
    "atr",
    "sl_atr_mult",
    "tp_atr_mult",
    "trailing_atr_mult",
    "max_hold_sessions",
    "strength",
    "score",
    "entry",
    "stop",
    "r1",
    "r2",
    "reward_risk",
    "rs_63_pct",
    "rs_rank",
)


SIGNAL_KINDS: Mapping[str, type] = {
    **dict.fromkeys(("symbol", "strategy", "direction", "sector"), str),
    "fired": bool,
    "rank": int,
    "reason": str,
    **dict.fromkeys(("score", "strength", "raw_strength", "weight", "calm", "volume"), float),
    **dict.fromkeys(("entry", "stop", "r1", "r2", "risk_frac", "reward_risk"), float),
    **dict.fromkeys(("rs_63_pct", "rs_rank"), float),
    **dict.fromkeys(("anchor", "anchor_session", "tier"), str),
    **dict.fromkeys(("avwap", "avwap_slope_pct", "dist_pct", "trend_score"), float),
    "confluence": int,
}


def signal_columns(scan: Scan, about: Circumstances) -> dict[str, list[Any]]:
    """The columns of `signals.parquet`: everything that fired and every setup."""
    rows = [_signal_row(scan, s) for s in ([] if about.refused else scan.signals)]
    return {name: [row[name] for row in rows] for name in SIGNAL_KINDS}


def _signal_row(scan: Scan, signal: Signal) -> dict[str, Any]:
    """One signal, flat; batch signals have no levels before their fill."""
    measured = signal.metadata
    row = {
        name: getattr(signal, name) for name in ("symbol", "strategy", "sector", "fired", "rank")
    }
    row["direction"] = DIRECTION_WORDS[signal.direction]
    row["reason"] = None if signal.reason is None else str(signal.reason)
    for name in ("score", "strength", "raw_strength", "weight", "calm", "volume"):
        row[name] = getattr(signal, name)
    for name in ("entry", "stop", "r1", "r2", "risk_frac", "reward_risk"):
        row[name] = _level(scan, signal, name)
    row["rs_63_pct"] = number(float(scan.rs_pct[signal.column]))
    row["rs_rank"] = number(float(scan.rs_rank[signal.column]))
    for name in ("anchor", "anchor_session", "tier", "confluence"):
        row[name] = measured.get(name)
    for name in ("avwap", "avwap_slope_pct", "dist_pct", "trend_score"):
        row[name] = _metadata_number(signal, name)
    return row


def watchlist(body: Mapping[str, Any]) -> str:
    """The candidates' symbols in rank order, one a line, as TradingView imports them."""
    return "".join(f"{c['symbol']}\n" for c in body["candidates"])


def _level(scan: Scan, signal: Signal, name: str) -> float | None:
    """A setup's level; batch signals have none before their fill."""
    if signal.strategy in scan.fires:
        return None
    return number(float(getattr(scan.sides[signal.direction].levels, name)[signal.column]))


def _metadata_number(signal: Signal, name: str) -> float | None:
    value = signal.metadata.get(name)
    return None if value is None else number(float(value))


def _funnel(funnel: Funnel) -> list[dict[str, Any]]:
    return [
        {"stage": str(count.stage), "kept": count.kept, "dropped": count.dropped}
        for count in funnel.counts()
    ]


def _signal(signal: Signal) -> dict[str, Any]:
    return {
        "rank": signal.rank,
        "symbol": signal.symbol,
        "strategy": signal.strategy,
        "direction": DIRECTION_WORDS[signal.direction],
        "sector": signal.sector,
        "score": signal.score,
        "strength": signal.strength,
        "raw_strength": signal.raw_strength,
        "weight": signal.weight,
        "calm": signal.calm,
        "volume": signal.volume,
        "reason": None if signal.reason is None else str(signal.reason),
        "metadata": metadata(signal.metadata),
    }
