"""Letters of market data, and news: small answers in due form."""

from __future__ import annotations

from data_context import TODAY, context_of, get, no, small_tape

NOON = context_of(small_tape(), f"{TODAY} 12:00")


def test_every_letter_that_is_used_is_explained() -> None:
    exchanges = get(NOON, "/v2/stocks/meta/exchanges")
    trade = get(NOON, "/v2/stocks/meta/conditions/trade", tape="A")
    quote = get(NOON, "/v2/stocks/meta/conditions/quote", tape="C")
    assert exchanges["V"] == "IEX"
    found = get(NOON, "/v2/stocks/snapshots", symbols="AAPL,SPY,BRK.B")
    for part in found.values():
        assert part["latestTrade"]["x"] in exchanges
        assert set(part["latestTrade"]["c"]) <= set(trade)
        assert set(part["latestQuote"]["c"]) <= set(quote)


def test_conditions_need_a_tape_and_a_kind() -> None:
    assert no(NOON, "/v2/stocks/meta/conditions/trade") == (400, {"message": "invalid tape: "})
    assert no(NOON, "/v2/stocks/meta/conditions/bar", tape="A")[0] == 404


def test_news_are_none() -> None:
    assert get(NOON, "/v1beta1/news", symbols="AAPL", limit=50, include_content="True") == {
        "news": [],
        "next_page_token": None,
    }
    assert no(NOON, "/v1beta1/news", limit=51) == (400, {"message": "invalid limit: 51"})
    assert no(NOON, "/v1beta1/news", page_token="x")[0] == 400
