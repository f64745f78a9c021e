"""Trading documents: the day as the ledger tells it, for files and pages.

Each is a function of the folded ledger and the session, so writing it again changes nothing.
Moments of our own acts stand in the ledger; here only the broker's own times of fills do.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import accumulate
from typing import Any

from avwap_cli.market.sessions import EASTERN
from avwap_cli.review import figures
from avwap_cli.review.trades import Departure, Trade, departures, trades_until
from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import Denied, Notice
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.losses import units
from avwap_cli.trading.notices import QUIET
from avwap_cli.trading.order_records import OrderRecord
from avwap_cli.trading.plans import DIRECTION_WORDS, Plan
from avwap_cli.trading.positions import Position

Row = dict[str, Any]


def entries_body(book: Book, session: date) -> Row:
    """entries.json: every entry order of the session, and every candidate that was denied."""
    halt = book.halt(session)
    denials = {(d.group, d.strategy, d.symbol): d for d in book.denials if d.session == session}
    return {
        "trade_session": session,
        "halt": None if halt is None else halt.level.value,
        "orders": [_entry(order) for order in book.entries_on(session)],
        "denials": [_denial(denied) for _, denied in sorted(denials.items())],
    }


def exits_body(book: Book, session: date) -> Row:
    """exits.json: what left a position in the session, what did not, and what is still held."""
    everything = sorted((*book.closed, *book.open), key=lambda p: (p.symbol, p.entered_at))
    left = [
        _left(position, departure)
        for position in everything
        for departure in departures(position)
        if departure.session == session
    ]
    return {
        "trade_session": session,
        "exits": left,
        "unfilled": [_unfilled(order) for order in _unfilled_on(book, session)],
        "positions": [_position(book, p) for p in book.open if p.entry_session <= session],
    }


def trade_lines(book: Book, session: date) -> list[Row]:
    """trades.jsonl: every round trip closed in that session or before, oldest first."""
    return [_trade(trade) for trade in trades_until(book.closed, session)]


def equity_lines(book: Book, session: date) -> list[Row]:
    """equity.jsonl: the account at each session's close up to that one.

    `unit` is the value of one unit of the account, 1 at the first close; cash paid in or out
    moves the equity and not the unit.
    """
    closes = [c for _, c in sorted({c.session: c for c in book.closes}.items())]
    past = [c for c in closes if c.session <= session]
    values = units(past)
    peaks = list(accumulate(values, max))
    return [
        {
            "session": close.session,
            "equity_usd": figures.money(close.equity_usd),
            "transfers_usd": figures.money(close.transfers_usd),
            "unit": figures.frac(unit),
            "drawdown_frac": figures.frac(1 - unit / peak) if peak else None,
        }
        for close, unit, peak in zip(past, values, peaks, strict=True)
    ]


def alert_lines(book: Book, session: date) -> list[Row]:
    """alerts.jsonl: the session's messages, in the order in which they were given."""
    return notice_lines(book.notices, session)


def notice_lines(notices: Iterable[Notice], session: date) -> list[Row]:
    """The same of notices that were read without the rest of the ledger."""
    return [
        {
            "kind": notice.kind,
            "key": notice.key,
            "begins": notice.begins,
            "page": notice.page,
            "text": notice.text,
        }
        for notice in notices
        if notice.session == session and notice.kind not in QUIET
    ]


def _entry(order: OrderRecord) -> Row:
    intent, report, plan = order.intent, order.report, Plan.of_text(order.intent.plan)
    return {
        "id": order.id,
        "symbol": order.symbol,
        "strategy": intent.role.strategy,
        "direction": DIRECTION_WORDS[intent.role.direction],
        "entry_group": plan.group,
        "rank": plan.rank,
        "kind": intent.kind.value,
        "shares": figures.shares(intent.shares),
        "limit_price": figures.price(intent.limit_price),
        "decision_price": figures.price(intent.decision_price),
        "stop": figures.price(plan.stop),
        "filled_shares": figures.shares(order.filled),
        "filled_avg_price": figures.price(report.filled_avg_price if report else None),
        **_ending(order),
    }


def _ending(order: OrderRecord) -> Row:
    """How the order stands: our word, the broker's, and why it is not there."""
    refused = order.answer.name if order.answer is not None else None
    return {
        "state": order.state.value,
        "status": order.report.status.value if order.report is not None else None,
        "refusal": refused if order.report is None else None,
        "closure": order.closure.why if order.closure is not None and not order.report else None,
    }


def _denial(denied: Denied) -> Row:
    return {
        "symbol": denied.symbol,
        "strategy": denied.strategy,
        "entry_group": denied.group,
        "gate": denied.gate,
        "measured": denied.measured,
        "threshold": denied.threshold,
    }


def _left(position: Position, departure: Departure) -> Row:
    return {
        "symbol": position.symbol,
        "strategy": position.strategy,
        "direction": DIRECTION_WORDS[position.direction],
        "entry_session": position.entry_session,
        **_departure(departure),
        "closed": not position.shares,
    }


def _departure(departure: Departure) -> Row:
    return {
        "id": departure.client_id,
        "leg": None if departure.leg is None else departure.leg.value,
        "reason": departure.reason,
        "shares": figures.shares(departure.shares),
        "price": figures.price(departure.price),
        "decision_price": figures.price(departure.decision_price),
        "slippage_usd": figures.money(departure.slippage_usd),
    }


def _unfilled_on(book: Book, session: date) -> Iterable[OrderRecord]:
    """Exits and trims of the session of which no share filled."""
    return (
        order
        for order in book.orders.values()
        if order.leg in (Leg.EXIT, Leg.TRIM1, Leg.TRIM2)
        and order.intent.role.session == session
        and not order.filled
    )


def _unfilled(order: OrderRecord) -> Row:
    return {
        "id": order.id,
        "symbol": order.symbol,
        "strategy": order.intent.role.strategy,
        "leg": order.leg.value,
        "reason": order.intent.reason,
        "shares": figures.shares(order.intent.shares),
        **_ending(order),
    }


def _position(book: Book, position: Position) -> Row:
    return {
        "symbol": position.symbol,
        "strategy": position.strategy,
        "direction": DIRECTION_WORDS[position.direction],
        "entry_session": position.entry_session,
        "shares": figures.shares(position.shares),
        "avg_price": figures.price(position.avg_price),
        "stops": [
            {
                "id": order.id,
                "shares": figures.shares(order.left),
                "price": figures.price(order.intent.stop_price),
                "reason": order.intent.reason,
            }
            for order in book.stops_of(position)
        ],
        "leaving": sorted(d.reason for d in position.decisions if d.leg is Leg.EXIT),
    }


def _trade(trade: Trade) -> Row:
    return {
        "symbol": trade.symbol,
        "strategy": trade.strategy,
        "direction": DIRECTION_WORDS[trade.direction],
        "entry_session": trade.entry_session,
        "exit_session": trade.exit_session,
        "entered_at": _instant(trade.entered_at),
        "closed_at": _instant(trade.closed_at),
        "shares": figures.shares(trade.shares),
        "entry_price": figures.price(trade.entry_price),
        "exit_price": figures.price(trade.exit_price),
        "pnl_usd": figures.money(trade.pnl_usd),
        "r_multiple": figures.frac(trade.r_multiple),
        "mfe_frac": figures.frac(trade.mfe_frac),
        "mae_frac": figures.frac(trade.mae_frac),
        "sessions_held": trade.sessions_held,
        "reason": trade.reason,
        "exits": [_departure(d) for d in trade.departures],
        "entry_slippage_usd": figures.money(trade.entry_slippage_usd),
        "exit_slippage_usd": figures.money(trade.exit_slippage_usd),
    }


def _instant(moment: datetime) -> str:
    """The broker's time of a fill, in New York."""
    return moment.astimezone(EASTERN).isoformat(timespec="milliseconds")
