"""Day tables: what was entered, left, held and paid, as the documents of the day tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from avwap_cli.review.pages.hypertexts import Column, quiet, table
from avwap_cli.review.pages.report_records import Held, Slippage
from avwap_cli.review.scan_documents import Row, listed

MOST_TRADES = 50
_WHO = (Column("symbol", "symbol"), Column("strategy", "strategy"), Column("side", "direction"))
EXITS = (
    *_WHO,
    Column("why", "reason"),
    Column("shares", "shares", ",g"),
    Column("price", "price", ",.2f"),
    Column("decided at", "decision_price", ",.2f"),
)
UNFILLED = (*_WHO[:2], Column("why", "reason"), Column("shares", "shares", ",g"))
TRADES = (
    *_WHO,
    Column("entered", "entry_session"),
    Column("closed", "exit_session"),
    Column("shares", "shares", ",g"),
    Column("entry", "entry_price", ",.2f"),
    Column("exit", "exit_price", ",.2f"),
    Column("P&L USD", "pnl_usd", "+,.2f"),
    Column("R", "r_multiple", "+.2f"),
    Column("best", "mfe_frac", ".1%"),
    Column("worst", "mae_frac", ".1%"),
    Column("why", "reason"),
)
ENTRIES = (
    *_WHO,
    Column("group", "entry_group"),
    Column("shares", "shares", ",g"),
    Column("filled", "filled_shares", ",g"),
    Column("price", "filled_avg_price", ",.2f"),
    Column("state", "status"),
    Column("refused", "refusal"),
)
DENIALS = (
    *_WHO[:2],
    Column("group", "entry_group"),
    Column("gate", "gate"),
    Column("measured", "measured"),
    Column("rule", "threshold"),
)
HELD = (
    _WHO[0],
    Column("P&L USD", "pnl_usd", "+,.2f"),
    Column("R so far", "r", "+.2f"),
    Column("stop", "stop", ",.2f"),
    Column("away", "to_stop", ".1%"),
    Column("target", "target", ",.2f"),
    Column("to go", "to_target", ".1%"),
    Column("last", "last", ",.2f"),
    Column("average", "avg_price", ",.2f"),
    Column("shares", "shares", ",g"),
    *_WHO[1:],
    Column("since", "entry_session"),
    Column("sessions", "sessions"),
)
SLIPPAGE = (
    *_WHO[:2],
    Column("for", "leg"),
    Column("side", "side"),
    Column("shares", "shares", ",g"),
    Column("decision", "decision", ",.3f"),
    Column("arrival", "arrival", ",.3f"),
    Column("fill", "fill", ",.3f"),
    Column("delay USD", "delay_usd", ",.2f"),
    Column("market USD", "market_usd", ",.2f"),
    Column("cost USD", "cost_usd", ",.2f"),
    Column("bps", "cost_bps", ",.1f"),
    Column("arrival is", "arrival_from"),
)


def exits_table(exits: Row) -> str:
    """What left a position in the session."""
    return _table(EXITS, listed(exits.get("exits")))


def unfilled_table(exits: Row) -> str:
    """The exits of which no share filled."""
    return _table(UNFILLED, listed(exits.get("unfilled")))


def entries_table(entries: Row) -> str:
    """The entry orders of the session."""
    return _table(ENTRIES, listed(entries.get("orders")))


def denied_table(denied: Sequence[Row]) -> str:
    """What a gate denied, with what it measured."""
    return _table(DENIALS, denied)


def trades_table(trades: Sequence[Row]) -> str:
    """Round trips, newest first; the oldest of many are left out and counted."""
    shown = list(reversed(trades))[:MOST_TRADES]
    older = len(trades) - len(shown)
    rest = quiet(f"{older:,} older round trips are in trades.jsonl.") if older else ""
    return _table(TRADES, shown) + rest


def held_table(held: Sequence[Held]) -> str:
    """Open positions, each with its result so far and its way to stop and target."""
    return _table(HELD, [_held(position) for position in held]) + _priced(held)


def slippage_table(slippages: Sequence[Slippage]) -> str:
    """Each order's cost against its decision, and the sum."""
    if not slippages:
        return ""
    known = [s for s in slippages if s.cost_usd is not None]
    total = sum(s.cost_usd or 0.0 for s in known)
    value = sum(s.shares * (s.decision or 0.0) for s in known)
    part = f", {total / value * 1e4:,.1f} basis points of what was traded" if value else ""
    words = (
        f"Cost in all {total:,.2f} USD{part}; positive = paid, negative = gained. Delay: from the "
        "decision to the order's arrival; market: from the arrival to the fill."
    )
    return _table(SLIPPAGE, [asdict(s) for s in slippages]) + quiet(_minus(words))


def _table(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    return table(columns, rows) if rows else ""


def _held(position: Held) -> Row:
    last, stop, target = position.last, position.stop, position.target
    most = position.max_hold_sessions
    held = position.held_sessions
    sessions = "" if held is None else f"{held}" + ("" if most is None else f" of {most}")
    return {
        **asdict(position),
        "sessions": sessions,
        "to_stop": _distance(last, stop),
        "to_target": _distance(last, target),
    }


def _distance(last: float | None, price: float | None) -> float | None:
    """How far the price is from the last one, as a fraction of it."""
    return None if last is None or price is None or last <= 0 else abs(price / last - 1)


def _priced(held: Sequence[Held]) -> str:
    """When the last prices are of, once for all."""
    moments = sorted({p.last_at for p in held if p.last_at})
    unpriced = [p.symbol for p in held if p.last is None]
    parts = [f"Last prices: {', '.join(moments)}."] if moments else []
    if unpriced:
        parts.append(f"No last price is known of {', '.join(unpriced)}.")
    return quiet(" ".join(parts)) if parts else ""


def _minus(words: str) -> str:
    return words.replace(" -", " \N{MINUS SIGN}")
