"""The view's law: what is later than now cannot be seen, whatever it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import msgpack
import numpy as np
from data_context import ask, at, context_of
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.exchange.instants import MINUTE, SECOND, Instant, hours
from avwap_cli.exchange.protocol.streams.hub import StreamHub
from avwap_cli.exchange.protocol.streams.subscriptions import CHANNELS
from avwap_cli.exchange.tape.days import Minutes, Prints, Quotes, SymbolDay
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.splits import Split

SESSIONS = (date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24))
START, END = at("2026-11-19 03:00"), at("2026-11-24 21:00")


@dataclass(frozen=True)
class Doubtful:
    """A tape whose values known after `cut` come from another seed."""

    cut: Instant
    later_seed: int
    symbols: tuple[str, ...] = ("AAPL", "SPY")
    sessions: tuple[date, ...] = SESSIONS

    @property
    def splits(self) -> tuple[Split, ...]:
        far = date(2026, 12, 1 + self.later_seed)
        far += timedelta(days=10)
        return (Split("AAPL", date(2026, 11, 23), 2.0), Split("AAPL", far, 3.0))

    def name(self, symbol: str) -> str:
        return symbol

    def listed(self, symbol: str, session: date) -> bool:
        return True

    def splits_on(self, session: date) -> tuple[Split, ...]:
        return tuple(split for split in self.splits if split.first_session == session)

    def day(self, symbol: str, session: date) -> SymbolDay | None:
        if session not in self.sessions:
            return None
        times, key = hours(session), [session.toordinal(), *symbol.encode()]
        start = np.arange(times.pre_open, times.after_close, 7 * MINUTE)
        tick = np.arange(times.pre_open + 11 * SECOND, times.after_close, 9 * MINUTE)
        m = self._mixed([*key, 1], start + MINUTE, 6)
        p = self._mixed([*key, 2], tick, 4)
        size = p[2] % 400
        return SymbolDay(
            symbol,
            session,
            Minutes(start, m[0], m[0] + 50, m[0] - 50, m[1], m[2], m[3] % 5 + 1, m[0] * m[2]),
            Prints(tick, p[0], size),
            Quotes(tick, p[0], p[1], size, p[3]),
        )

    def history(self, symbols: Any, first: date, last: date) -> BarTable:
        rows = [(s, d) for s in symbols for d in self.sessions if first <= d <= last]
        known = np.array([hours(d).after_close for _, d in rows], dtype=np.int64)
        values = [
            self._mixed([d.toordinal(), *s.encode(), 3], k[np.newaxis], 5)[:, 0]
            for (s, d), k in zip(rows, known, strict=True)
        ]
        table = np.array(values, dtype=float).reshape(len(rows), 5).T
        days = np.array([d for _, d in rows], dtype="datetime64[D]")
        return bar_table([s for s, _ in rows], days, *table)

    def _mixed(self, key: list[int], known_at: np.ndarray, columns: int) -> np.ndarray:
        shape = (columns, len(known_at))
        true = np.random.default_rng([0, *key]).integers(100_000, 200_000, shape)
        other = np.random.default_rng([self.later_seed, *key]).integers(100_000, 200_000, shape)
        return np.where(known_at <= self.cut, true, other)


@cache
def requests() -> list[tuple[str, dict[str, Any]]]:
    """One request of each kind, with the window open to both sides."""
    both = {"symbols": "AAPL,SPY"}
    window = {"start": "2026-11-19", "end": "2026-12-30", "limit": 10_000, **both}
    frames = ("1Min", "15Min", "1Hour", "1Day", "1Week", "1Month")
    return [
        *(("bars", {**window, "timeframe": f, "adjustment": "all"}) for f in frames),
        *(("bars", {**window, "timeframe": f, "feed": "iex"}) for f in frames),
        *(("bars", {**both, "timeframe": f, "start": "2026-11-19"}) for f in frames),
        ("bars", {**window, "timeframe": "5Min", "sort": "desc", "limit": 20}),
        *((name, window) for name in ("trades", "quotes", "auctions")),
        *((f"{name}/latest", both) for name in ("bars", "trades", "quotes")),
        *((f"{name}/latest", {**both, "feed": "delayed_sip"}) for name in ("bars", "trades")),
        ("snapshots", both),
    ]


OTHERS = (
    ("/v1beta1/screener/stocks/most-actives", {}),
    ("/v1beta1/screener/stocks/movers", {}),
    ("/v1/corporate-actions", {"start": "2026-11-01", "end": "2026-12-31"}),
)


@settings(max_examples=15, deadline=None)
@given(st.integers(START, END), st.integers(1, 9), st.sampled_from(["plus", "basic"]))
def test_answers_are_those_of_a_tape_that_ends_now(now: int, seed: int, plan: str) -> None:
    real, other = Doubtful(now, 10), Doubtful(now, seed)
    ours, theirs = context_of(real, now, plan), context_of(other, now, plan)
    wanted = [(f"/v2/stocks/{name}", query) for name, query in requests()]
    for path, query in [*wanted, *OTHERS]:
        assert ask(ours, path, **query) == ask(theirs, path, **query), (path, query)


def received(tape: Doubtful, begin: int, stops: list[int], feed: str) -> list[Any]:
    """Every message of a connection that subscribes to everything at `begin`."""
    context = context_of(tape, begin)
    hub = StreamHub(context)
    session: Any = hub.connect(f"/v2/{feed}", {"content-type": "application/msgpack"})
    keys = context.keys
    session.receive(msgpack.packb({"action": "auth", "key": keys.key_id, "secret": keys.secret}))
    session.receive(msgpack.packb({"action": "subscribe", **{key: ["*"] for key in CHANNELS}}))
    frames = []
    for stop in sorted(stops):
        context.venue.step_to(stop)
        frames += [frame for _, mine in hub.pump(stop) for frame in mine]
    return frames


@settings(max_examples=15, deadline=None)
@given(
    st.integers(START, END),
    st.lists(st.integers(0, 30 * 3600), max_size=5),
    st.integers(1, 9),
    st.sampled_from(["iex", "sip", "delayed_sip"]),
)
def test_streams_neither_look_ahead_nor_depend_on_steps(
    now: int, back: list[int], seed: int, feed: str
) -> None:
    begin = now - 30 * 3600 * SECOND
    stops = [now - s * SECOND for s in back]
    whole = received(Doubtful(now, 10), begin, [now], feed)
    assert received(Doubtful(now, seed), begin, [*stops, now], feed) == whole
