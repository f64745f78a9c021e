"""The contract of the session's prices, over sockets and in process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from broker_street import MONDAY, TUESDAY, BrokerStreet, D, at, street_tape

from avwap_cli.errors import SourceError
from avwap_cli.exchange.http_wire import Limits
from avwap_cli.exchange.in_process import InProcess
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market.splits import Split


@pytest.fixture(scope="module")
def tape() -> Tape:
    return street_tape()


@pytest.fixture(params=["sockets", "in_process"])
def opened(request: pytest.FixtureRequest, tape: Tape) -> Iterator[Any]:
    """Opens the street at a time of Monday, with a subscription."""
    with ExitStack() as exits:

        def street(clock: str, subscription: str = "plus") -> BrokerStreet:
            chosen = Settings(requests_per_minute=0, subscription=subscription)  # type: ignore[arg-type]
            exchange = LocalExchange(tape, chosen, start=at(clock))
            if request.param == "in_process":
                return BrokerStreet(exchange, "http://127.0.0.1:1", InProcess(exchange))
            served = exits.enter_context(serving(exchange, limits=Limits(stop_s=0.01)))
            return BrokerStreet(exchange, served.url, None)

        yield street


def asked(street: BrokerStreet) -> list[dict[str, str]]:
    return [dict(parse_qsl(urlsplit(path).query)) for path in street.sent("GET")]


def feeds(street: BrokerStreet) -> list[str]:
    return [query["feed"] for query in asked(street)]


def test_one_request_for_all_where_the_whole_market_may_be_read(opened: Any) -> None:
    street = opened("09:45")
    found = street.quotes.quotes(["F", "AAPL", "BRK.B", "NOPE", "not a symbol"])
    assert sorted(found) == ["AAPL", "BRK.B", "F"]
    quote = found["AAPL"]
    assert quote.two_sided
    assert quote.mid == pytest.approx(D(190), abs=D("0.2"))
    assert (quote.feed, quote.at <= at("09:45")) == ("sip", True)
    assert asked(street)[0] == {"symbols": "AAPL,BRK.B,F,NOPE", "feed": "sip"}
    assert feeds(street)[1:] == ["iex", "delayed_sip"]  # for NOPE alone
    street.transport.sent.clear()
    street.quotes.quotes(["F", "AAPL"])
    assert feeds(street) == ["sip"]


def test_before_the_open_the_late_market_comes_before_the_small_one(opened: Any) -> None:
    street = opened("09:26", "basic")
    quote = street.quotes.quotes(["AAPL"])["AAPL"]
    assert feeds(street) == ["sip", "delayed_sip"]
    assert (quote.feed, quote.two_sided) == ("delayed_sip", True)
    assert timedelta(minutes=15) <= at("09:26") - quote.at <= timedelta(minutes=30)
    street.quotes.quotes(["AAPL"])
    assert feeds(street)[2:] == ["delayed_sip"]  # sip was refused once


def test_in_the_session_the_small_market_comes_before_the_late_one(opened: Any) -> None:
    street = opened("10:05", "basic")
    trade = street.quotes.last_trades(["AAPL"])["AAPL"]
    assert feeds(street) == ["sip", "iex"]
    assert (trade.price, trade.feed) == (D(191), "iex")
    assert at("10:05") - trade.at < timedelta(minutes=2)


def test_a_quote_of_an_old_hour_is_asked_for_elsewhere(opened: Any) -> None:
    street = opened("09:45")
    street.fault("stale-quote@GET /v2/stocks/quotes/latest,value=3600,nth=1")
    assert street.quotes.quotes(["AAPL"])["AAPL"].feed == "iex"
    street.fault("stale-quote@GET /v2/stocks/quotes/latest,value=3600")
    stale = street.quotes.quotes(["AAPL"])["AAPL"]
    assert (stale.feed, at("09:45") - stale.at >= timedelta(hours=1)) == ("sip", True)


def test_bars_are_raw_of_one_feed_and_end_inclusive(opened: Any) -> None:
    street = opened("10:45")
    bars = street.quotes.minute_bars(["F", "AAPL"], at("09:58"), at("10:01"))
    assert [(b.symbol, f"{b.start:%H:%M}", b.close, b.volume) for b in bars] == [
        ("AAPL", "09:58", D(190), 10_000),
        ("AAPL", "09:59", D(190), 10_000),
        ("AAPL", "10:00", D(191), 10_000),
        ("AAPL", "10:01", D(191), 10_000),
        ("F", "09:58", D(12), 10_000),
        ("F", "09:59", D(12), 10_000),
        ("F", "10:00", D(12), 10_000),
        ("F", "10:01", D(12), 10_000),
    ]
    (query,) = asked(street)
    assert (query["feed"], query["adjustment"], query["timeframe"]) == ("sip", "raw", "1Min")
    (first, second) = street.quotes.bars(["AAPL"], 10, at("09:50"), at("10:00"))
    assert (first.close, second.open, second.volume) == (D(190), D(191), 100_000)
    assert second.end == at("10:10")


def test_bars_that_are_too_young_for_the_whole_market_come_from_the_small_one(opened: Any) -> None:
    street = opened("10:05", "basic")
    bars = street.quotes.minute_bars(["AAPL"], at("09:55"), at("10:04"))
    assert feeds(street) == ["sip", "iex"]
    assert bars[-1].close == D(191)
    assert bars[-1].volume < 10_000
    street.quotes.minute_bars(["AAPL"], at("10:00"), at("10:04"))
    assert feeds(street)[2:] == ["iex"]


def test_pages_of_bars_are_followed(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avwap_cli.adapters.broker.alpaca_quotes.ROWS_A_PAGE", 7)
    street = opened("10:45")
    bars = street.quotes.minute_bars(["AAPL", "F"], at("09:30"), at("09:39"))
    assert len(bars) == 20
    assert len(street.sent("GET")) == 3


@pytest.mark.parametrize("fault", ["empty-bars", "null-bars"])
def test_bars_that_do_not_come_are_none(opened: Any, fault: str) -> None:
    street = opened("10:45")
    street.fault(f"{fault}@GET /v2/stocks/bars")
    assert list(street.quotes.minute_bars(["AAPL"], at("09:58"), at("10:01"))) == []


def test_a_split_of_tomorrow_is_seen_today(opened: Any) -> None:
    street = opened("15:00")
    found = street.quotes.splits(["SPLT", "AAPL"], MONDAY, TUESDAY)
    assert found == [Split("SPLT", TUESDAY, 2.0)]
    assert street.quotes.splits(["SPLT"], MONDAY, MONDAY) == []
    assert street.quotes.splits([], MONDAY, TUESDAY) == ()


@pytest.mark.parametrize("fault", ["500", "reset", "html", "429", "truncated-page,value=bytes"])
def test_data_that_nobody_gives_is_a_source_error(opened: Any, fault: str) -> None:
    street = opened("09:45")
    kind, comma, options = fault.partition(",")
    street.fault(f"{kind}@GET /v*{comma}{options}")
    for call in (
        lambda: street.quotes.quotes(["AAPL"]),
        lambda: street.quotes.last_trades(["AAPL"]),
        lambda: street.quotes.minute_bars(["AAPL"], at("09:30"), at("09:40")),
        lambda: street.quotes.splits(["AAPL"], MONDAY, TUESDAY),
    ):
        street.transport.sent.clear()
        with pytest.raises(SourceError):
            call()
        assert len(street.sent("GET")) == 3


def test_a_price_that_comes_at_the_second_try_is_taken(opened: Any) -> None:
    street = opened("09:20")
    street.fault("500@GET /v2/stocks/*,nth=1")
    street.quotes.quotes(["AAPL"])
    assert street.time.slept[0] == pytest.approx(1.25, abs=0.25)  # the wait before the open
