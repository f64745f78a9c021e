"""Subscriptions: added, taken away, counted, and told."""

from __future__ import annotations

import pytest

from avwap_cli.exchange.protocol.streams.subscriptions import BadSubscription, Subscriptions

MANY = [f"A{chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(31)]


def subscribed(**channels: list[str]) -> Subscriptions:
    return Subscriptions().with_({"action": "subscribe", **channels})


def test_they_add_up_and_are_taken_away_one_by_one():
    mine = subscribed(bars=["SPY", "AAPL"]).with_({"bars": ["MSFT", "SPY"], "trades": ["*"]})
    assert mine.symbols["bars"] == ("AAPL", "MSFT", "SPY")
    assert mine.symbols["trades"] == ("*",)
    left = mine.without({"action": "unsubscribe", "bars": ["SPY", "F"], "trades": ["*"]})
    assert left == subscribed(bars=["AAPL", "MSFT"])


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"orderbooks": ["SPY"]}, 410),
        ({"bars": "SPY"}, 400),
        ({"bars": ["spy 1"]}, 400),
        ({"bars": [7]}, 400),
    ],
)
def test_what_cannot_be_obeyed_has_a_code(message, code):
    with pytest.raises(BadSubscription) as bad:
        Subscriptions().with_(message)
    assert bad.value.code == code


@pytest.mark.parametrize(
    ("channels", "fit"),
    [
        ({"bars": MANY[:30], "trades": MANY[:30]}, True),
        ({"bars": MANY[:30], "trades": [MANY[30]]}, False),
        ({"bars": ["*"]}, True),
        ({"quotes": ["*"]}, False),
    ],
)
def test_the_basic_plan_counts_symbols(channels, fit):
    assert subscribed(**channels).fit_basic() is fit


def test_channels_by_symbol():
    mine = subscribed(bars=["*"], trades=["AAPL", "ZZZZ"])
    assert mine.wanted(("AAPL", "SPY")) == {
        "AAPL": ("trades", "bars"),
        "ZZZZ": ("trades",),
        "SPY": ("bars",),
    }


def test_corrections_follow_trades():
    told = subscribed(trades=["AAPL"]).document()
    assert told["corrections"] == told["cancelErrors"] == told["trades"] == ["AAPL"]
