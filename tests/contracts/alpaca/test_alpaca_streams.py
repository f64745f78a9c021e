"""Both websockets through alpaca-py's stream clients, and what they hide through its library."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import msgpack
import pytest
from alpaca.data.enums import DataFeed
from alpaca.data.models import Bar, Quote, Trade
from alpaca.trading.enums import TradeEvent
from alpaca.trading.models import TradeUpdate
from alpaca.trading.requests import ReplaceOrderRequest
from street import Street, eastern
from street_orders import at_limit, at_market, bracket
from street_streams import Heard, data_stream, running, trade_stream, wait_for, wire_log
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

OpenStreet = Callable[..., Street]
MSGPACK = {"Content-Type": "application/msgpack"}


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def updates(market_open: Street, heard: Heard) -> Iterator[Heard]:
    """The trade updates of the open market."""
    stream = trade_stream(market_open)
    stream.subscribe_trade_updates(heard.take)
    with running(stream):
        yield heard


def events(updates: list[TradeUpdate]) -> list[str]:
    return [str(getattr(update.event, "value", update.event)) for update in updates]


def until_event(heard: Heard, name: str) -> list[TradeUpdate]:
    """The updates up to the first of that name."""
    return heard.until(lambda found: name in events(found))


class Wire:
    """One websocket by hand, with the library that alpaca-py uses."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def say(self, **message: Any) -> None:
        self.socket.send(msgpack.packb(message))

    def hear(self) -> list[dict[str, Any]]:
        frame = self.socket.recv(3)
        assert isinstance(frame, bytes)
        return list(msgpack.unpackb(frame))

    def log_in(self, street: Street) -> None:
        assert self.hear() == [{"T": "success", "msg": "connected"}]
        self.say(action="auth", key=street.keys[0], secret=street.keys[1])
        assert self.hear() == [{"T": "success", "msg": "authenticated"}]

    def error(self) -> tuple[int, str]:
        (message,) = self.hear()
        assert message["T"] == "error"
        return message["code"], message["msg"]


@pytest.fixture
def dial() -> Iterator[Callable[..., Wire]]:
    """Connects to a data stream by hand."""
    with ExitStack() as exits:

        def dialled(street: Street, feed: str = "iex", headers: dict[str, str] = MSGPACK) -> Wire:
            url = street.served.data_stream_url(feed)
            called = connect(url, additional_headers=headers, close_timeout=0.2, proxy=None)
            return Wire(exits.enter_context(called))

        yield dialled


# ---------------------------------------------------------------- trade updates


@pytest.mark.fact("3.1.1", "3.1.2", "3.1.3")
def test_the_trade_stream_speaks_json_in_binary_frames(market_open: Street) -> None:
    with connect(market_open.served.trade_stream_url, proxy=None) as socket:

        def ask(**message: Any) -> Any:
            socket.send(json.dumps(message))
            frame = socket.recv(3)
            assert isinstance(frame, bytes)
            return json.loads(frame)

        key, secret = market_open.keys
        early = ask(action="listen", data={"streams": ["trade_updates"]})
        assert early["data"]["status"] == "unauthorized"
        wrong = ask(action="authenticate", data={"key_id": key, "secret_key": "x"})
        assert wrong["data"] == {"status": "unauthorized", "action": "authenticate"}
        right = ask(action="authenticate", data={"key_id": key, "secret_key": secret})
        assert right == {
            "stream": "authorization",
            "data": {"status": "authorized", "action": "authenticate"},
        }
        listening = ask(action="listen", data={"streams": ["trade_updates"]})
        assert listening == {"stream": "listening", "data": {"streams": ["trade_updates"]}}
        market_open.submit(at_limit(150))
        update = socket.recv(3)
        assert isinstance(update, bytes)
        assert json.loads(update)["stream"] == "trade_updates"


@pytest.mark.fact("1.5.18", "3.1.4")
def test_an_update_of_a_fill(market_open: Street, updates: Heard) -> None:
    order = market_open.submit(at_market(client_order_id="mine-1"))
    market_open.to("09:46")
    fill = until_event(updates, "fill")[-1]
    assert fill.event == TradeEvent.FILL
    assert isinstance(fill.execution_id, UUID)
    assert (fill.price, fill.qty, fill.position_qty) == (190.04, 10.0, 10.0)
    assert fill.timestamp == eastern("09:46")
    assert fill.order.id == order.id
    assert (fill.order.status, fill.order.filled_qty) == ("filled", "10")


@pytest.mark.fact("3.1.4")
def test_parts_are_told_one_by_one(market_open: Street, updates: Heard) -> None:
    market_open.submit(at_market(symbol="THIN", qty=25))
    market_open.to("09:48")
    found = [u for u in until_event(updates, "fill") if "fill" in events([u])[0]]
    assert events(found) == ["partial_fill", "partial_fill", "fill"]
    assert [(u.qty, u.position_qty) for u in found] == [(10.0, 10.0), (10.0, 20.0), (5.0, 25.0)]


@pytest.mark.fact("3.1.6")
def test_the_words_of_an_orders_life(market_open: Street, updates: Heard) -> None:
    order = market_open.submit(at_limit(150))
    new = market_open.trading.replace_order_by_id(order.id, ReplaceOrderRequest(limit_price=151))
    market_open.trading.cancel_order_by_id(new.id)
    assert events(until_event(updates, "canceled")) == [
        "pending_new",
        "new",
        "pending_replace",
        "pending_new",
        "replaced",
        "new",
        "pending_cancel",
        "canceled",
    ]
    market_open.submit(at_limit(149))
    market_open.to("16:00")
    assert events(until_event(updates, "expired"))[-1] == "expired"
    market_open.to("20:30")
    market_open.submit(at_limit(148))
    assert events(until_event(updates, "accepted"))[-1] == "accepted"


@pytest.mark.fact("2.6.2", "3.1.6")
def test_a_replace_that_came_too_late_is_told(open_street: OpenStreet, heard: Heard) -> None:
    street = open_street("10:58", latency_s=90.0)
    stream = trade_stream(street)
    stream.subscribe_trade_updates(heard.take)
    with running(stream):
        slow = street.submit(at_limit(186, qty=3))
        street.to("10:59:45")
        street.trading.replace_order_by_id(slow.id, ReplaceOrderRequest(limit_price=150))
        street.to("11:02")
        found = events(until_event(heard, "order_replace_rejected"))
        assert found.index("fill") < found.index("order_replace_rejected")


@pytest.mark.fact("2.5.21")
def test_the_end_of_the_stop_is_told(open_street: OpenStreet, heard: Heard) -> None:
    street = open_street("11:30")
    stream = trade_stream(street)
    stream.subscribe_trade_updates(heard.take)
    with running(stream):
        street.submit(bracket(194, 186))
        street.to("12:00")
        found = until_event(heard, "canceled")
        assert found[-1].order.stop_price == "186"


@pytest.mark.fact("3.1.8", "3.3.8")
def test_an_update_can_be_missed(market_open: Street, updates: Heard) -> None:
    market_open.fault("lost-event@trade_updates fill,nth=1")
    first = market_open.submit(at_market(qty=1))
    market_open.to("09:46")
    second = market_open.submit(at_market(qty=2))
    market_open.to("09:47")
    found = [u.order.id for u in until_event(updates, "fill") if u.event == TradeEvent.FILL]
    assert found == [second.id]
    assert market_open.order(first).status == "filled", "REST knows"


@pytest.mark.fact("3.1.8")
@pytest.mark.parametrize(
    ("fault", "times"), [("duplicated-event", [1.0, 1.0, 2.0]), ("late-event", [2.0, 1.0])]
)
def test_updates_can_come_twice_and_late(
    market_open: Street, updates: Heard, fault: str, times: list[float]
) -> None:
    market_open.fault(f"{fault}@trade_updates fill,nth=1,value=90")
    market_open.submit(at_market(qty=1))
    market_open.to("09:46")
    market_open.submit(at_market(qty=2))
    market_open.to("09:48")
    found = updates.until(lambda m: len([u for u in m if u.event == "fill"]) == len(times))
    assert [u.qty for u in found if u.event == "fill"] == times


# ---------------------------------------------------------------- market data


@pytest.mark.fact("3.2.1", "3.2.2", "3.2.3", "3.2.6", "3.2.7")
def test_the_data_stream_speaks_msgpack_first(
    market_open: Street, dial: Callable[..., Wire]
) -> None:
    wire = dial(market_open)
    wire.log_in(market_open)
    wire.say(action="subscribe", bars=["AAPL"], trades=["F"])
    (told,) = wire.hear()
    assert (told["T"], told["bars"], told["trades"]) == ("subscription", ["AAPL"], ["F"])
    market_open.to("09:46")
    found = wire.hear()
    assert [message["T"] for message in found] == ["b", "t"]
    bar, _ = found
    assert set(bar) == {"T", "S", "o", "h", "l", "c", "v", "n", "vw", "t"}
    assert isinstance(bar["t"], msgpack.Timestamp)
    assert bar["t"].to_datetime() == eastern("09:45")
    assert (bar["S"], bar["o"], bar["c"], bar["v"]) == ("AAPL", 190.0, 190.0, 250)


@pytest.mark.fact("3.2.4")
def test_a_large_subscription_comes_in_fragments(open_street: OpenStreet, heard: Heard) -> None:
    street = open_street(subscription="plus")
    stream = data_stream(street, feed=DataFeed.SIP)
    stream.subscribe_trades(heard.take, "AAPL", *(f"Z{i:04}" for i in range(8_000)))
    with wire_log() as lines, running(stream):
        wait_for(lambda: any("subscribed to" in line for line in lines), lines[:3])
        street.to("09:46")
        (trade,) = heard.until(1)
    assert len(msgpack.packb([f"Z{i:04}" for i in range(8_000)])) > stream._max_frame_size
    assert (trade.symbol, trade.price, trade.size) == ("AAPL", 190.0, 10_000)


@pytest.mark.fact("3.2.5")
def test_messages_of_every_kind(market_open: Street, heard: Heard) -> None:
    stream = data_stream(market_open)
    stream.subscribe_trades(heard.take, "AAPL")
    stream.subscribe_quotes(heard.take, "AAPL")
    stream.subscribe_bars(heard.take, "AAPL")
    with running(stream):
        market_open.to("09:46")
        found = heard.until(3)
    assert {type(message) for message in found} == {Trade, Quote, Bar}
    bar = next(message for message in found if isinstance(message, Bar))
    assert (bar.timestamp, bar.close, bar.vwap) == (eastern("09:45"), 190.0, 190.0)
    quote = next(message for message in found if isinstance(message, Quote))
    assert (quote.bid_price, quote.ask_price) == (189.96, 190.04)


@pytest.mark.fact("3.2.8")
def test_updated_bars_come_half_a_minute_later(open_street: OpenStreet, heard: Heard) -> None:
    street = open_street("09:59")
    stream = data_stream(street)
    stream.subscribe_updated_bars(heard.take, "AAPL")
    with running(stream):
        street.to("10:01:29")
        time.sleep(0.05)
        assert heard.messages == []
        street.to("10:01:30")
        (bar,) = heard.until(1)
    assert (bar.timestamp, bar.close) == (eastern("10:00"), 191.0)


@pytest.mark.fact("3.2.9")
def test_daily_bars_are_sent_each_minute(market_open: Street, heard: Heard) -> None:
    stream = data_stream(market_open)
    stream.subscribe_daily_bars(heard.take, "AAPL")
    with running(stream):
        market_open.to("09:48")
        found = heard.until(3)
    assert [bar.timestamp for bar in found] == [eastern("00:00")] * 3
    volumes = [bar.volume for bar in found]
    assert volumes == sorted(set(volumes)), "it grows"


@pytest.mark.fact("3.2.10")
def test_a_star_means_all(market_open: Street, heard: Heard) -> None:
    stream = data_stream(market_open)
    stream.subscribe_bars(heard.take, "*")
    with running(stream):
        market_open.to("09:46")
        found = heard.until(9)
    symbols = {bar.symbol for bar in found}
    assert {"AAPL", "BRK.B", "F", "SPY"} <= symbols
    assert "GONE" not in symbols


@pytest.mark.fact("3.2.11", "3.2.12", "3.2.14", "3.2.20")
def test_errors_that_leave_the_connection(market_open: Street, dial: Callable[..., Wire]) -> None:
    wire = dial(market_open)
    wire.hear()
    wire.say(action="subscribe", bars=["AAPL"])
    assert wire.error() == (401, "not authenticated")
    wire.socket.send(b"\xc1 this is no msgpack")
    assert wire.error() == (400, "invalid syntax")
    key, secret = market_open.keys
    wire.say(action="auth", key=key, secret=secret)
    wire.hear()
    wire.say(action="auth", key=key, secret=secret)
    assert wire.error() == (403, "already authenticated")
    wire.say(action="subscribe", orderbooks=["AAPL"])
    assert wire.error() == (410, "invalid subscribe action for this feed")
    wire.say(action="subscribe", bars=["AAPL"])
    assert wire.hear()[0]["bars"] == ["AAPL"], "and goes on"


@pytest.mark.fact("3.2.13")
def test_wrong_keys_on_the_data_stream(market_open: Street, dial: Callable[..., Wire]) -> None:
    wire = dial(market_open)
    wire.hear()
    wire.say(action="auth", key=market_open.keys[0], secret="x")
    assert wire.error() == (402, "auth failed")


@pytest.mark.fact("3.2.16", "3.2.24")
def test_thirty_symbols_are_free(market_open: Street, dial: Callable[..., Wire]) -> None:
    wire = dial(market_open)
    wire.log_in(market_open)
    wire.say(action="subscribe", trades=[f"A{i}" for i in range(31)])
    assert wire.error() == (405, "symbol limit exceeded")
    wire.say(action="subscribe", trades=["*"])
    assert wire.error() == (405, "symbol limit exceeded")
    wire.say(action="subscribe", trades=[f"A{i}" for i in range(30)], bars=["*"])
    assert len(wire.hear()[0]["trades"]) == 30


@pytest.mark.fact("3.2.17", "3.2.23", "3.3.15")
def test_a_second_data_connection_is_one_too_many(
    market_open: Street, dial: Callable[..., Wire]
) -> None:
    first, second = dial(market_open), dial(market_open)
    first.log_in(market_open)
    second.hear()
    second.say(action="auth", key=market_open.keys[0], secret=market_open.keys[1])
    assert second.error() == (406, "connection limit exceeded")
    with pytest.raises(ConnectionClosed):
        second.hear()
    first.socket.close()
    wait_for(lambda: not market_open.exchange.hub._connections)
    dial(market_open).log_in(market_open)


@pytest.mark.fact("3.3.15")
def test_a_second_trade_connection_is_refused_at_the_handshake(
    market_open: Street, updates: Heard
) -> None:
    url = market_open.served.trade_stream_url
    with pytest.raises(InvalidStatus) as caught, connect(url, proxy=None):
        pass
    assert caught.value.response.status_code == 429


@pytest.mark.fact("3.2.19", "3.2.23", "3.3.3")
def test_an_insufficient_subscription_ends_the_run(market_open: Street, heard: Heard) -> None:
    stream = data_stream(market_open, feed=DataFeed.SIP)
    stream.subscribe_bars(heard.take, "AAPL")
    with wire_log() as lines, running(stream, connected=False) as thread:
        thread.join(5)
        assert not thread.is_alive()
    assert any("insufficient subscription" in line for line in lines)


# ---------------------------------------------------------------- reconnecting and stopping


@pytest.mark.fact("3.3.1")
def test_the_wait_grows(market_open: Street) -> None:
    stream = trade_stream(market_open)
    waits = [stream._reconnect_delay(retries) for retries in (1, 2, 3, 10)]
    for wait, most in zip(waits, (1, 2, 4, 30), strict=True):
        assert most / 2 <= wait <= most


@pytest.mark.fact("3.3.2")
def test_wrong_keys_are_tried_for_ever(market_open: Street, heard: Heard) -> None:
    streams = [
        trade_stream(market_open, "K", "S"),
        data_stream(market_open, "K", "S"),
        trade_stream(market_open, url_override="ws://127.0.0.1:9/stream"),
    ]
    for stream in streams:
        stream._reconnect_min_backoff = stream._reconnect_max_backoff = 0.01
    streams[0].subscribe_trade_updates(heard.take)
    streams[1].subscribe_bars(heard.take, "AAPL")
    streams[2].subscribe_trade_updates(heard.take)
    for stream in streams:
        with wire_log() as lines, running(stream, connected=False) as thread:
            wait_for(lambda found=lines: len([x for x in found if "error" in x]) >= 3, lines)
            assert thread.is_alive()


@pytest.mark.fact("3.3.4")
def test_a_mute_data_stream_is_connected_again(market_open: Street, heard: Heard) -> None:
    market_open.fault("mute-socket@iex b,nth=2")
    stream = data_stream(market_open, data_timeout=0.4)
    stream._reconnect_min_backoff = 0.01
    stream.subscribe_bars(heard.take, "AAPL")
    with wire_log() as lines, running(stream):
        market_open.to("09:46")
        heard.until(1)
        market_open.to("09:47")
        wait_for(lambda: len([x for x in lines if "subscribed to" in x]) >= 2, lines)
        market_open.to("09:48")
        found = heard.until(2)
    assert [bar.timestamp.minute for bar in found] == [45, 47], "what was missed stays missed"
    assert any("no data received" in line for line in lines)


@pytest.mark.fact("3.3.5")
def test_a_mute_trade_stream_stays_mute(market_open: Street, updates: Heard) -> None:
    market_open.fault("mute-socket@trade_updates fill,nth=1")
    order = market_open.submit(at_market())
    market_open.to("09:46")
    time.sleep(0.3)
    assert "fill" not in events(updates.messages)
    assert market_open.order(order).status == "filled"


@pytest.mark.fact("3.3.6")
def test_pings_are_answered(market_open: Street) -> None:
    with connect(market_open.served.trade_stream_url, proxy=None) as socket:
        answered = socket.ping()
        assert answered.wait(3)


@pytest.mark.fact("3.3.7")
def test_a_handlers_exception_loses_one_message(market_open: Street) -> None:
    seen: list[str] = []

    async def clumsy(update: TradeUpdate) -> None:
        seen.append(str(update.order.symbol))
        if len(seen) == 1:
            raise LookupError("clumsy")

    stream = trade_stream(market_open)
    stream.subscribe_trade_updates(clumsy)
    with wire_log() as lines, running(stream):
        market_open.submit(at_limit(150))
        wait_for(lambda: seen, seen)
        market_open.submit(at_limit(10, symbol="F"))
        wait_for(lambda: "F" in seen, seen)
    assert any("clumsy" in line for line in lines)


@pytest.mark.fact("3.3.8")
def test_a_new_connection_repeats_nothing(market_open: Street) -> None:
    first, second = Heard(), Heard()
    for heard, symbol in ((first, "AAPL"), (second, "F")):
        stream = trade_stream(market_open)
        stream.subscribe_trade_updates(heard.take)
        with running(stream):
            market_open.submit(at_limit(5, symbol=symbol, tif="gtc"))
            until_event(heard, "new")
        if symbol == "AAPL":
            market_open.submit(at_limit(6, symbol="MSFT", tif="gtc"))
            wait_for(lambda: not market_open.exchange.hub._connections)
    assert {update.order.symbol for update in second.messages} == {"F"}
    assert len(market_open.trading.get_orders()) == 3


@pytest.mark.fact("3.3.9", "3.3.10")
@pytest.mark.filterwarnings("ignore:coroutine")
def test_what_run_and_stop_refuse(market_open: Street, heard: Heard) -> None:
    stream = trade_stream(market_open)
    stream.subscribe_trade_updates(heard.take)
    with pytest.raises(AttributeError):
        stream.stop()

    async def inside() -> None:
        stream.run()

    with pytest.raises(RuntimeError, match="running event loop"):
        asyncio.run(inside())
    gc.collect()  # the client leaves a coroutine that nobody awaits


@pytest.mark.fact("3.3.11")
def test_a_stop_is_heard_with_the_next_message(market_open: Street, heard: Heard) -> None:
    stream = trade_stream(market_open)
    stream.subscribe_trade_updates(heard.take)
    with running(stream) as thread:
        stream.stop()
        market_open.submit(at_limit(150))
        thread.join(6)
        assert not thread.is_alive()
