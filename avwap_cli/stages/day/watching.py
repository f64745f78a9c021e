"""Watching: the prices of held symbols between two passes of monitor.

Minute bars come pushed, or are asked for where the stream is silent or there is none.  They
are kept until a decision has seen them; the newest two stay, for rules that look at two.  A
program that has just started asks for the whole session: its extremes count, its prices of
long ago decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from avwap_cli.errors import SourceError
from avwap_cli.market.sessions import EASTERN, OPEN
from avwap_cli.ports import Feed
from avwap_cli.stages.day.trading_ports import TradingPorts
from avwap_cli.trading.policies import TradingRules
from avwap_cli.trading.quotes import LastTrade, PriceBar

LOOK_BACK = timedelta(minutes=10)  # bars older than this decide nothing any more
KEPT = 2
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Watching:
    """What is known of prices; belongs to one run.

    Attributes:
        bars: symbol -> bars by start, since the last decision and the two before.
        trades: symbol -> the last trade asked for.
        polled_at: when bars were asked for last; trades_at: when trades were.
        notes: what could not be had, for the person.
    """

    bars: dict[str, dict[datetime, PriceBar]] = field(default_factory=dict)
    trades: dict[str, LastTrade] = field(default_factory=dict)
    polled_at: datetime | None = None
    trades_at: datetime | None = None
    notes: list[str] = field(default_factory=list)

    def look(self, ports: TradingPorts, rules: TradingRules, symbols: Sequence[str]) -> None:
        """Take what was pushed, and ask for the rest where it is time.  Never raises for want
        of an answer: exits by plan and by the resting stops go on without prices."""
        now, feed = ports.clock.now(), ports.feed
        if feed is not None:
            feed.watch(symbols)
            self.hears_of_orders(feed)
        if not symbols:
            return
        silent = feed is None or feed.silent_s() > rules.monitor.silent_s
        if self._is_poll_due(now, silent=silent):
            self._poll(ports, symbols, now)
        without = [s for s in symbols if self._age_s(s, now) >= rules.exit.no_bar_s]
        if without and (self.trades_at is None or now - self.trades_at >= MINUTE):
            self._ask_trades(ports, without, now)

    def hears_of_orders(self, feed: Feed) -> bool:
        """Keep the bars that were pushed; whether an order changed since last asked."""
        pushed, order_news = feed.take()
        self._keep(pushed)
        return order_news

    def seen(self, symbol: str) -> tuple[PriceBar, ...]:
        """Its bars, oldest first."""
        kept = self.bars.get(symbol, {})
        return tuple(kept[start] for start in sorted(kept))

    def recent(self, symbol: str, now: datetime) -> tuple[PriceBar, ...]:
        """Those young enough to decide by."""
        return tuple(bar for bar in self.seen(symbol) if now - bar.end <= LOOK_BACK)

    def decided(self, symbols: Iterable[str]) -> None:
        """A decision has seen these symbols' bars: only the newest are kept."""
        for symbol in symbols:
            kept = self.bars.get(symbol, {})
            for start in sorted(kept)[:-KEPT]:
                del kept[start]

    def last_of(self, symbol: str) -> tuple[PriceBar | None, LastTrade | None]:
        bars = self.seen(symbol)
        return (bars[-1] if bars else None), self.trades.get(symbol)

    def _keep(self, bars: Iterable[PriceBar]) -> None:
        for bar in bars:
            self.bars.setdefault(bar.symbol, {})[bar.start] = bar

    def _is_poll_due(self, now: datetime, *, silent: bool) -> bool:
        """Whether a bar has closed since the last question; beside a stream less often, to make
        good what a broken connection lost."""
        last = self.polled_at
        if last is None or not silent:
            return last is None or now - last >= LOOK_BACK / 2
        return now.replace(second=0, microsecond=0) > last

    def _poll(self, ports: TradingPorts, symbols: Sequence[str], now: datetime) -> None:
        """Ask for bars, from the session's start the first time; a few that are known come again,
        and with them those that a stream lost."""
        last = self.polled_at
        today = datetime.combine(now.astimezone(EASTERN).date(), OPEN, EASTERN)
        first = min(today, now) if last is None else min(last, now) - LOOK_BACK
        try:
            bars = ports.quotes.minute_bars(symbols, first.replace(second=0, microsecond=0), now)
        except SourceError as problem:
            self._note(f"minute bars could not be asked for: {problem}")
            return
        self.polled_at = now
        self._keep(bar for bar in bars if bar.end <= now)

    def _ask_trades(self, ports: TradingPorts, symbols: Sequence[str], now: datetime) -> None:
        try:
            self.trades |= ports.quotes.last_trades(symbols)
        except SourceError as problem:
            self._note(f"last trades could not be asked for: {problem}")
            return
        self.trades_at = now

    def _age_s(self, symbol: str, now: datetime) -> float:
        bars = self.seen(symbol)
        return (now - bars[-1].end).total_seconds() if bars else float("inf")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
