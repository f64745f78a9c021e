"""Message times: no message of a session comes from a symbol that it does not name."""

from __future__ import annotations

from datetime import date

import pytest
from data_context import TODAY, at, context_of, small_tape
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.exchange.instants import MINUTE, SECOND
from avwap_cli.exchange.protocol.market_data.trade_documents import market
from avwap_cli.exchange.protocol.market_data.view import feed_view
from avwap_cli.exchange.protocol.streams.feed_messages import session_messages
from avwap_cli.exchange.protocol.streams.message_times import message_times_of
from avwap_cli.exchange.protocol.streams.subscriptions import CHANNELS
from avwap_cli.exchange.tape.tapes import Halt

OPEN = at(f"{TODAY} 09:30")
TAPE = small_tape(halts=(Halt("SPY", OPEN + 5 * MINUTE, OPEN + 10 * MINUTE),))
CONTEXT = context_of(TAPE, f"{TODAY} 03:00")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(CHANNELS[:6]),
    st.sampled_from(["iex", "sip"]),
    st.integers(0, 60 * 60),
    st.integers(1, 120),
)
def test_every_message_is_on_it(channel: str, feed: str, second: int, length: int) -> None:
    after = OPEN + second * SECOND
    view = feed_view(CONTEXT, feed, after + length * SECOND)
    times = message_times_of(TAPE.day, TODAY, dict.fromkeys(TAPE.symbols, (channel,)))
    talking = {
        symbol
        for symbol in TAPE.symbols
        for _ in session_messages(
            view, symbol, TODAY, (channel,), market(CONTEXT, symbol, feed), after
        )
    }
    due = times.due(after, view.horizon)
    assert talking <= set(due)
    assert due == sorted(due)
    if feed == "sip" and channel == "bars":
        assert talking == set(due)


@pytest.mark.parametrize("session", [date(2026, 11, 22), date(2027, 3, 1)])
def test_a_day_without_trading_is_empty(session: date) -> None:
    times = message_times_of(TAPE.day, session, {"AAPL": ("bars",)})
    assert times.due(0, at("2030-01-01 00:00")) == []
