"""Market data over REST: what alpaca-py asks, and what the exchange answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from alpaca.common.enums import Sort
from alpaca.common.exceptions import APIError
from alpaca.data.enums import Adjustment, DataFeed, MarketType, MostActivesBy
from alpaca.data.models import Bar
from alpaca.data.models.corporate_actions import CorporateActionsSet
from alpaca.data.requests import (
    CorporateActionsRequest,
    MarketMoversRequest,
    MostActivesRequest,
    NewsRequest,
    StockBarsRequest,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockQuotesRequest,
    StockSnapshotRequest,
    StockTradesRequest,
)
from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
from street import Street, eastern, refusal
from street_orders import at_limit
from street_tape import FRIDAY, MONDAY, TUESDAY

OpenStreet = Callable[..., Street]
ALL_DAY = eastern("00:00")


def bars(symbols: str | list[str] = "AAPL", **more: Any) -> StockBarsRequest:
    """Minutes of Monday as iex shows them, unless said otherwise."""
    usual = {"timeframe": TimeFrame.Minute, "start": ALL_DAY, "feed": DataFeed.IEX}
    return StockBarsRequest(symbol_or_symbols=symbols, **{**usual, **more})


def days(symbols: str | list[str] = "AAPL", **more: Any) -> StockBarsRequest:
    """Daily bars of the last ten days, from sip."""
    usual = {
        "timeframe": TimeFrame.Day,
        "start": eastern("00:00", FRIDAY) - timedelta(days=9),
        "feed": DataFeed.SIP,
    }
    return bars(symbols, **{**usual, **more})


@pytest.mark.fact("1.6.1", "1.6.2", "1.6.9")
def test_one_symbol_is_asked_for_like_many(market_open: Street) -> None:
    found = market_open.data.get_stock_bars(bars())
    assert market_open.asked == "GET /v2/stocks/bars"
    assert market_open.query == {
        "symbols": "AAPL",
        "timeframe": "1Min",
        "start": "2026-11-23T05:00:00+00:00",
        "feed": "iex",
        "limit": "10000",
    }
    assert list(found.data) == ["AAPL"]
    first = found["AAPL"][0]
    assert (first.open, first.close, first.volume) == (190.0, 190.0, 250.0)
    assert first.timestamp == eastern("09:30")
    assert found["AAPL"][-1].timestamp == eastern("09:44"), "a minute is seen once it is over"


@pytest.mark.fact("1.6.3")
def test_quotes_and_trades_come_in_pages_of_10000(market_open: Street) -> None:
    window = {"symbol_or_symbols": "AAPL", "start": eastern("09:40"), "feed": DataFeed.IEX}
    trades = market_open.data.get_stock_trades(StockTradesRequest(**window))
    assert market_open.asked == "GET /v2/stocks/trades"
    assert market_open.query["limit"] == "10000"
    assert [trade.price for trade in trades["AAPL"]] == [190.0] * 6
    assert trades["AAPL"][0].timestamp == eastern("09:40")
    quotes = market_open.data.get_stock_quotes(StockQuotesRequest(**window))
    assert market_open.asked == "GET /v2/stocks/quotes"
    assert market_open.query["limit"] == "10000"
    assert (quotes["AAPL"][0].bid_price, quotes["AAPL"][0].ask_price) == (189.96, 190.04)


@pytest.mark.fact("1.6.4")
def test_the_latest_values_have_paths_of_their_own(market_open: Street) -> None:
    data = market_open.data
    bar = data.get_stock_latest_bar(StockLatestBarRequest(symbol_or_symbols="AAPL"))["AAPL"]
    assert market_open.asked == "GET /v2/stocks/bars/latest"
    assert market_open.query == {"symbols": "AAPL"}
    assert (bar.close, bar.timestamp) == (190.0, eastern("09:44"))
    trade = data.get_stock_latest_trade(StockLatestTradeRequest(symbol_or_symbols="AAPL"))["AAPL"]
    assert market_open.asked == "GET /v2/stocks/trades/latest"
    assert (trade.price, trade.timestamp) == (190.0, eastern("09:45"))
    quote = data.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="AAPL"))["AAPL"]
    assert market_open.asked == "GET /v2/stocks/quotes/latest"
    assert (quote.bid_price, quote.ask_price) == (189.96, 190.04)


@pytest.mark.fact("1.6.5", "1.6.30")
def test_a_snapshot_has_five_parts(market_open: Street) -> None:
    asked = StockSnapshotRequest(symbol_or_symbols=["AAPL", "F"])
    found = market_open.data.get_stock_snapshot(asked)
    assert market_open.asked == "GET /v2/stocks/snapshots"
    assert market_open.query == {"symbols": "AAPL,F"}
    assert sorted(market_open.body()) == ["AAPL", "F"], "no frame around the symbols"
    assert set(market_open.body()["F"]) == {
        "latestTrade",
        "latestQuote",
        "minuteBar",
        "dailyBar",
        "prevDailyBar",
    }
    aapl = found["AAPL"]
    assert aapl.latest_trade.price == aapl.minute_bar.close == aapl.daily_bar.close == 190.0
    assert aapl.daily_bar.timestamp == eastern("00:00")
    assert aapl.previous_daily_bar.timestamp == eastern("00:00", FRIDAY)


@pytest.mark.fact("1.6.31", "1.6.35")
def test_what_is_not_known_is_missing(before_open: Street) -> None:
    asked = StockSnapshotRequest(symbol_or_symbols=["AAPL", "ZZZZ"])
    found = before_open.data.get_stock_snapshot(asked)
    assert list(found) == ["AAPL"]
    assert found["AAPL"].latest_quote is not None
    assert found["AAPL"].daily_bar.timestamp == eastern("00:00", FRIDAY), "nothing traded today"
    assert list(before_open.data.get_stock_bars(days(["AAPL", "ZZZZ"])).data) == ["AAPL"]


@pytest.mark.fact("1.6.6", "1.6.37", "1.6.39", "1.6.40")
def test_corporate_actions_are_found_by_their_process_date(market_open: Street) -> None:
    actions = market_open.actions
    today = actions.get_corporate_actions(CorporateActionsRequest(symbols=["SPLT"])).data
    assert not any(today.values())
    assert market_open.asked == "GET /v1/corporate-actions"
    assert market_open.query == {"symbols": "SPLT", "limit": "1000", "sort": "asc"}
    raw = market_open.actions.get("/corporate-actions", {"start": TUESDAY, "end": TUESDAY})
    assert raw["corporate_actions"]["forward_splits"][0]["process_date"] == "2026-11-24"
    ahead = CorporateActionsRequest(symbols=["SPLT"], start=MONDAY, end=TUESDAY)
    found = actions.get_corporate_actions(ahead).data
    (split,) = (row for group in found.values() for row in group)
    assert (split.symbol, split.new_rate, split.old_rate) == ("SPLT", 2, 1)
    wide = actions.get("/corporate-actions", {"types": "partial_call,reorganization"})
    assert wide["corporate_actions"] == {}, "allowed types, of which there are none"
    assert CorporateActionsSet({"partial_calls": [{}]}).data == {}, "a group it does not know"


@pytest.mark.fact("1.6.7", "1.6.43", "1.6.44")
def test_the_screener_ranks_without_a_floor(open_street: OpenStreet) -> None:
    street = open_street("10:45")
    active = street.screener.get_most_actives(MostActivesRequest(top=100, by=MostActivesBy.VOLUME))
    assert street.asked == "GET /v1beta1/screener/stocks/most-actives"
    assert street.query == {"top": "100", "by": "volume"}
    symbols = [row.symbol for row in active.most_actives]
    assert symbols[-1] == "THIN"
    assert "PENY" in symbols, "half a dollar is not too cheap"
    moved = street.screener.get_market_movers(
        MarketMoversRequest(top=50, market_type=MarketType.STOCKS)
    )
    assert street.asked == "GET /v1beta1/screener/stocks/movers"
    assert (moved.gainers[0].symbol, moved.gainers[0].percent_change) == ("F", 1.67)
    assert [row.symbol for row in moved.losers] == ["AAPL"]
    too_many = MostActivesRequest(top=101)
    assert refusal(street.screener.get_most_actives, too_many).status == 400
    too_many_movers = MarketMoversRequest(top=51, market_type=MarketType.STOCKS)
    assert refusal(street.screener.get_market_movers, too_many_movers).status == 400


@pytest.mark.fact("1.6.8")
def test_news_are_answered(market_open: Street) -> None:
    assert market_open.news.get_news(NewsRequest(symbols="AAPL")).data == {"news": []}
    assert market_open.asked == "GET /v1beta1/news"


@pytest.mark.fact("1.6.10")
@pytest.mark.parametrize(
    ("frame", "text", "count"),
    [
        (TimeFrame.Minute, "1Min", 75),
        (TimeFrame(5, TimeFrameUnit.Minute), "5Min", 15),
        (TimeFrame.Hour, "1Hour", 2),
        (TimeFrame.Day, "1Day", 1),
        (TimeFrame.Week, "1Week", 1),
        (TimeFrame.Month, "1Month", 1),
    ],
)
def test_timeframes(open_street: OpenStreet, frame: TimeFrame, text: str, count: int) -> None:
    street = open_street("10:45")
    start = datetime(2026, 11, 1, 4, tzinfo=UTC) if text == "1Month" else ALL_DAY
    found = street.data.get_stock_bars(bars(timeframe=frame, start=start))
    assert street.query["timeframe"] == text
    assert len(found["AAPL"]) == count
    assert found["AAPL"][-1].close == 189.0


@pytest.mark.fact("1.6.11")
def test_naive_times_are_utc(market_open: Street) -> None:
    naive = datetime(2026, 11, 23, 14, 40)  # noqa: DTZ001
    found = market_open.data.get_stock_bars(bars(start=naive))
    assert market_open.query["start"] == "2026-11-23T14:40:00+00:00"
    assert found["AAPL"][0].timestamp == eastern("09:40")
    aware = market_open.data.get_stock_bars(bars(start=eastern("09:40")))
    assert market_open.query["start"] == "2026-11-23T14:40:00+00:00"
    assert aware["AAPL"] == found["AAPL"]


@pytest.mark.fact("1.6.12")
def test_pages_are_followed_and_a_limit_is_a_total(market_open: Street) -> None:
    whole = market_open.raw_data.get("/stocks/bars", {**query(), "limit": 10})
    tokens = [whole["next_page_token"]]
    rows = whole["bars"]["AAPL"]
    while tokens[-1]:
        page = market_open.raw_data.get(
            "/stocks/bars", {**query(), "limit": 10, "page_token": tokens[-1]}
        )
        rows += page["bars"]["AAPL"]
        tokens.append(page["next_page_token"])
    assert len(rows) == 15
    assert len(tokens) == 2
    assert market_open.data.get_stock_bars(bars())["AAPL"] == [Bar("AAPL", row) for row in rows]
    limited = market_open.data.get_stock_bars(bars(["AAPL", "F"], limit=17))
    assert [len(limited["AAPL"]), len(limited["F"])] == [15, 2]
    assert market_open.query["limit"] == "17"


def query(**more: Any) -> dict[str, Any]:
    """The query of a request for Monday's minutes."""
    return {"symbols": "AAPL", "timeframe": "1Min", "start": ALL_DAY.isoformat(), "feed": "iex"} | (
        more
    )


@pytest.mark.fact("1.6.13")
def test_an_error_on_a_later_page_loses_all(open_street: OpenStreet) -> None:
    street = open_street("15:00", subscription="plus")
    many = days(
        ["AAPL", "BRK.B", "F", "GAPD", "MSFT", "PENY", "PREM", "SPLT", "SPY", "THIN"],
        timeframe=TimeFrame.Minute,
        start=eastern("00:00", FRIDAY) - timedelta(days=4),
    )
    street.fault("500@GET /v2/stocks/bars,nth=2")
    before = street.exchange.requests
    with pytest.raises(APIError) as caught:
        street.data.get_stock_bars(many)
    assert caught.value.status_code == 500
    assert street.exchange.requests == before + 2
    assert sum(map(len, street.data.get_stock_bars(many).data.values())) > 10_000


@pytest.mark.fact("1.6.14", "1.6.15")
def test_a_limit_counts_all_symbols_and_the_first_comes_first(open_street: OpenStreet) -> None:
    street = open_street("15:00")
    first = street.raw_data.get("/stocks/bars", query(symbols="MSFT,AAPL", limit=20))
    assert list(first["bars"]) == ["AAPL"]
    assert len(first["bars"]["AAPL"]) == 20
    default = street.raw_data.get("/stocks/bars", query(symbols="MSFT,AAPL,F,SPY"))
    assert sum(map(len, default["bars"].values())) == 1000
    assert {symbol: len(rows) for symbol, rows in default["bars"].items()} == {
        "AAPL": 330,
        "F": 330,
        "MSFT": 330,
        "SPY": 10,
    }
    wrong = refusal(street.raw_data.get, "/stocks/bars", query(limit=10_001))
    assert (wrong.status, wrong.code) == (400, None)


@pytest.mark.fact("1.6.16")
def test_historical_feeds(open_street: OpenStreet) -> None:
    street = open_street("10:30")
    for feed, shown in (("iex", True), ("sip", True), ("boats", False), ("otc", False)):
        asked = query(feed=feed, end=eastern("10:00").isoformat())
        assert bool(street.raw_data.get("/stocks/bars", asked)["bars"]) is shown
    assert refusal(street.raw_data.get, "/stocks/bars", query(feed="x")).status == 400


@pytest.mark.fact("1.6.17")
def test_latest_feeds(market_open: Street) -> None:
    asked = StockLatestTradeRequest(symbol_or_symbols="AAPL", feed=DataFeed.DELAYED_SIP)
    trade = market_open.data.get_stock_latest_trade(asked)["AAPL"]
    assert trade.timestamp == eastern("09:30"), "15 minutes ago"
    overnight = {"symbols": "AAPL", "feed": "overnight"}
    assert market_open.raw_data.get("/stocks/trades/latest", overnight)["trades"] == {}


@pytest.mark.fact("1.6.18")
def test_the_latest_values_come_from_the_best_feed(open_street: OpenStreet) -> None:
    asked = StockLatestTradeRequest(symbol_or_symbols="AAPL")
    basic = open_street().data.get_stock_latest_trade(asked)["AAPL"]
    plus = open_street(subscription="plus").data.get_stock_latest_trade(asked)["AAPL"]
    assert (basic.exchange, basic.size) == ("V", 250)
    assert plus.size == 10_000


@pytest.mark.fact("1.6.19", "1.6.26")
def test_historical_data_ends_15_minutes_ago_on_the_basic_plan(open_street: OpenStreet) -> None:
    unsaid = bars(feed=None, start=eastern("09:00"))
    basic, plus = open_street("10:00"), open_street("10:00", subscription="plus")
    assert basic.data.get_stock_bars(unsaid)["AAPL"][-1].timestamp == eastern("09:44")
    assert "feed" not in basic.query
    assert basic.data.get_stock_bars(unsaid)["AAPL"][-1].volume == 10_000, "it is sip"
    assert plus.data.get_stock_bars(unsaid)["AAPL"][-1].timestamp == eastern("09:59")


@pytest.mark.fact("1.6.20", "1.6.21", "1.6.22")
def test_bars_are_raw_unless_asked_otherwise(open_street: OpenStreet) -> None:
    street = open_street("20:30", TUESDAY)
    asked = {"start": eastern("00:00", FRIDAY), "feed": DataFeed.SIP}
    raw = street.data.get_stock_bars(days("SPLT", **asked))["SPLT"]
    assert "adjustment" not in street.query
    assert [bar.close for bar in raw] == [100.0, 100.0, 50.0]
    split = street.data.get_stock_bars(days("SPLT", adjustment=Adjustment.SPLIT, **asked))["SPLT"]
    assert [bar.close for bar in split] == [50.0, 50.0, 50.0]
    assert split[1].volume == 2 * raw[1].volume
    text = {"symbols": "SPLT", "timeframe": "1Day", "start": "2026-11-23", "feed": "sip"}
    for adjustment, close in (("spin-off", 100), ("dividend", 100), ("split,spin-off", 50)):
        found = street.raw_data.get("/stocks/bars", {**text, "adjustment": adjustment})
        assert found["bars"]["SPLT"][0]["c"] == close
    assert {a.value for a in Adjustment} == {"raw", "split", "dividend", "all"}


@pytest.mark.fact("1.6.23")
def test_asof_is_read_and_changes_nothing(open_street: OpenStreet) -> None:
    street = open_street("20:30")
    usual = street.data.get_stock_bars(days())["AAPL"]
    for asof in ("2026-11-02", "-"):
        assert street.data.get_stock_bars(days(asof=asof))["AAPL"] == usual
    assert refusal(street.data.get_stock_bars, days(asof="yesterday")).status == 400


@pytest.mark.fact("1.6.25")
def test_start_and_end_are_inclusive(open_street: OpenStreet) -> None:
    street = open_street("20:30")
    found = street.data.get_stock_bars(bars(start=eastern("09:40"), end=eastern("09:42")))
    assert [bar.timestamp.minute for bar in found["AAPL"]] == [40, 41, 42]
    midnight = eastern("00:00")
    assert midnight.astimezone(UTC).hour == 5
    one = street.data.get_stock_bars(days(start=midnight, end=midnight))["AAPL"]
    assert [bar.timestamp for bar in one] == [midnight]
    late = days(start=midnight + timedelta(seconds=1), end=midnight + timedelta(hours=20))
    assert street.data.get_stock_bars(late).data == {}
    summer = street.data.get_stock_bars(days(start=datetime(2026, 10, 19, tzinfo=UTC)))["AAPL"]
    assert summer[0].timestamp.astimezone(UTC).hour == 4


@pytest.mark.fact("1.6.27")
def test_the_currency_is_usd(market_open: Street) -> None:
    assert "currency" not in market_open.raw_data.get("/stocks/bars", query())
    said = market_open.raw_data.get("/stocks/bars", query(currency="USD"))
    assert said["currency"] == "USD"
    assert refusal(market_open.raw_data.get, "/stocks/bars", query(currency="EUR")).status == 400


@pytest.mark.fact("1.6.28")
def test_points_can_be_sorted_backwards(market_open: Street) -> None:
    forward = market_open.data.get_stock_bars(bars())["AAPL"]
    backward = market_open.data.get_stock_bars(bars(sort=Sort.DESC))["AAPL"]
    assert backward == forward[::-1]
    assert len(forward) == 15


@pytest.mark.fact("1.6.29")
def test_the_latest_trade_is_the_last_print(open_street: OpenStreet) -> None:
    street = open_street("10:30", subscription="plus")
    asked = StockLatestTradeRequest(symbol_or_symbols=["AAPL", "THIN"])
    found = street.data.get_stock_latest_trade(asked)
    assert (found["AAPL"].price, found["AAPL"].timestamp) == (189.0, eastern("10:30"))
    assert (found["THIN"].price, found["THIN"].size) == (20.0, 40.0), "an odd lot, and shown"


@pytest.mark.fact("1.6.32")
def test_no_bars_are_an_empty_set(market_open: Street) -> None:
    market_open.fault("empty-bars@GET /v2/stocks/bars")
    empty = market_open.data.get_stock_bars(bars())
    assert empty.data == {}
    assert empty.df.empty
    assert not isinstance(empty.df.index, pd.MultiIndex)
    with pytest.raises(KeyError):
        _ = empty["AAPL"]


@pytest.mark.fact("1.6.33")
def test_null_bars_break_the_client(market_open: Street) -> None:
    market_open.fault("null-bars@GET /v2/stocks/bars")
    with pytest.raises(AttributeError):
        market_open.data.get_stock_bars(bars())


@pytest.mark.fact("1.6.34")
def test_bars_have_count_and_average(market_open: Street) -> None:
    bar = market_open.data.get_stock_bars(bars())["AAPL"][0]
    assert (bar.trade_count, bar.vwap) == (1, 190.0)
    market_open.fault("missing-field@GET /v2/stocks/bars,value=vw")
    with pytest.raises(ValueError, match="vwap"):
        market_open.data.get_stock_bars(bars())


@pytest.mark.fact("1.6.36")
def test_a_body_without_its_key_is_an_error(market_open: Street) -> None:
    market_open.fault("missing-field@GET /v2/stocks/bars,value=bars")
    with pytest.raises(ValueError, match="known keys"):
        market_open.data.get_stock_bars(bars())


@pytest.mark.fact("1.6.42", "1.6.47")
@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/corporate_actions/announcements", "v2"),
        ("/clock", "v3"),
        ("/calendar/NYSE", "v3"),
        ("/locates", "v1"),
    ],
)
def test_what_is_not_served_is_404(market_open: Street, path: str, version: str) -> None:
    with pytest.raises(APIError) as caught:
        market_open.trading.get(path, api_version=version)
    assert (caught.value.status_code, caught.value.code) == (404, 40410000)


@pytest.mark.fact("1.6.45", "1.7.28", "1.7.29")
def test_activities_are_reached_by_the_generic_verb(market_open: Street) -> None:
    market_open.held()
    market_open.held("MSFT", 2)
    fills = market_open.trading.get("/account/activities/FILL", {"page_size": 1})
    assert [(row["symbol"], row["qty"], row["price"]) for row in fills] == [("MSFT", "2", "410.08")]
    assert fills[0]["id"].startswith("20261123094800000::"), "New York time, not UTC"
    token = {"page_token": fills[0]["id"]}
    assert [row["symbol"] for row in market_open.trading.get("/account/activities", token)] == [
        "AAPL"
    ]
    too_many = refusal(market_open.trading.get, "/account/activities", {"page_size": 101})
    assert too_many.status == 422


@pytest.mark.fact("1.6.46")
def test_auctions_are_of_sip_alone(open_street: OpenStreet) -> None:
    street = open_street("20:30")
    asked = {"symbols": "AAPL", "start": "2026-11-23", "end": eastern("20:00").isoformat()}
    (day,) = street.data.get("/stocks/auctions", {**asked, "feed": "sip"})["auctions"]["AAPL"]
    assert (day["d"], day["o"][0]["p"], day["c"][0]["p"]) == ("2026-11-23", 190.0, 190.0)
    assert refusal(street.data.get, "/stocks/auctions", {**asked, "feed": "iex"}).status == 400


@pytest.mark.fact("1.6.48")
def test_orders_can_be_listed_around_another(market_open: Street) -> None:
    first, second, third = (market_open.submit(at_limit(150 + i)) for i in range(3))
    get = market_open.trading.get
    before = get("/orders", {"before_order_id": str(third.id)})
    assert [row["id"] for row in before] == [str(second.id), str(first.id)]
    after = get("/orders", {"after_order_id": str(first.id), "direction": "asc"})
    assert [row["id"] for row in after] == [str(second.id), str(third.id)]
    assert get("/orders", {"asset_class": "crypto"}) == []
    assert len(get("/orders", {"asset_class": "us_equity"})) == 3


@pytest.mark.fact("2.14.16")
def test_one_malformed_symbol_refuses_the_whole_request(market_open: Street) -> None:
    wrong = refusal(market_open.data.get_stock_bars, bars(["AAPL", "BRK/B"]))
    assert (wrong.status, wrong.body) == (400, {"message": "invalid symbol: BRK/B"})
    assert list(market_open.data.get_stock_bars(bars(["AAPL", "BRK.B"])).data) == ["AAPL", "BRK.B"]


@pytest.mark.fact("2.14.17")
def test_recent_sip_data_needs_a_subscription(market_open: Street) -> None:
    recent = days(timeframe=TimeFrame.Minute, end=eastern("09:44"))
    wrong = refusal(market_open.data.get_stock_bars, recent)
    assert (wrong.status, wrong.code) == (403, 42210000)
    assert wrong.text == "subscription does not permit querying recent SIP data"
    latest = StockLatestQuoteRequest(symbol_or_symbols="AAPL", feed=DataFeed.SIP)
    assert refusal(market_open.data.get_stock_latest_quote, latest).text == wrong.text
