"""What `enter` asks of the market before it decides: prices, quotes, bars and assets.

Asked for all candidates of the group together, before the account is locked.  What cannot be
had stays empty, and the gates deny by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from avwap_cli.errors import BrokerError, SourceError
from avwap_cli.market import sessions
from avwap_cli.stages.day.trading_ports import TradingPorts, TradingRequest
from avwap_cli.trading.confirmations import last_closed_starts
from avwap_cli.trading.entry_windows import BOH, MOO
from avwap_cli.trading.gap_checks import GapCheck
from avwap_cli.trading.orders import Asset
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.quotes import LastTrade, PriceBar, Quote


@dataclass(frozen=True, slots=True)
class EntryMarket:
    """The answers, by symbol.

    Attributes:
        warnings: what could not be had.
    """

    asked_at: datetime
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    trades: Mapping[str, LastTrade] = field(default_factory=dict)
    bars: Mapping[str, tuple[PriceBar, ...]] = field(default_factory=dict)
    assets: Mapping[str, Asset] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def price(self, plan: Plan, check: GapCheck | None, opens: datetime) -> Decimal | None:
        """The price at which it is decided: the last trade of this session; before the open
        the gap filter's price, else the previous close."""
        trade = self.trades.get(plan.symbol)
        if plan.group != MOO or self.asked_at >= opens:
            return None if trade is None else trade.price
        found = None if check is None else check.found
        return plan.prev_close if found is None else found.price

    def seems_halted(self, symbol: str, opens: datetime, silent_s: float) -> bool:
        """Whether nothing has traded for so long in a running session."""
        trade = self.trades.get(symbol)
        running_s = (self.asked_at - opens).total_seconds()
        if trade is None or running_s < silent_s:
            return False
        return (self.asked_at - trade.at).total_seconds() >= silent_s


def ask_market(ports: TradingPorts, request: TradingRequest, plans: Sequence[Plan]) -> EntryMarket:
    """Ask for what the group's gates need; at most one request a kind, and one an asset."""
    now, symbols = ports.clock.now(), sorted({plan.symbol for plan in plans})
    if not symbols:
        return EntryMarket(now)
    warnings: list[str] = []
    running = now >= sessions.opens_at(request.session)
    quotes: Mapping[str, Quote] = {}
    trades: Mapping[str, LastTrade] = {}
    bars: Mapping[str, tuple[PriceBar, ...]] = {}
    try:
        if running:
            trades = ports.quotes.last_trades(symbols)
        if running and request.group != MOO:
            quotes = ports.quotes.quotes(symbols)
        if request.group == BOH:
            bars = _bars(ports, request, symbols, now)
    except SourceError as problem:
        warnings.append(f"prices could not be had: {problem}")
    assets: dict[str, Asset] = {}
    for symbol in symbols:
        try:
            assets[symbol] = ports.broker.asset(symbol)
        except BrokerError as problem:
            warnings.append(f"{symbol}: the broker did not say what may be traded: {problem}")
    return EntryMarket(ports.clock.now(), quotes, trades, bars, assets, tuple(warnings))


def _bars(
    ports: TradingPorts, request: TradingRequest, symbols: Sequence[str], now: datetime
) -> dict[str, tuple[PriceBar, ...]]:
    policy = request.rules.entry.breakout
    length = timedelta(minutes=policy.bar_minutes)
    starts = last_closed_starts(request.session, now, length, policy.volume_bars + 2)
    if starts is None:
        return {}
    found: dict[str, list[PriceBar]] = {}
    for bar in ports.quotes.bars(symbols, policy.bar_minutes, starts[0], starts[-1]):
        found.setdefault(bar.symbol, []).append(bar)
    return {symbol: tuple(rows) for symbol, rows in found.items()}
