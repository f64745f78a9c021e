"""Data streams: login, subscriptions, errors, both codings, and what is sent when."""

from __future__ import annotations

import json
from typing import Any

import msgpack
import pytest
from data_context import TODAY, at, context_of, small_tape
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.instants import MINUTE, SECOND, Instant
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.streams.frames import Close
from avwap_cli.exchange.protocol.streams.hub import StreamHub
from avwap_cli.exchange.tape.tapes import Halt

TAPE = small_tape()
PACKED = {"content-type": "application/msgpack"}
OPEN = at(f"{TODAY} 09:30")


class Client:
    """A client of one data stream; answers and messages are lists of documents."""

    def __init__(
        self,
        context: RouteContext,
        path: str = "/v2/sip",
        headers: dict[str, str] | None = None,
        hub: StreamHub | None = None,
    ) -> None:
        self.context = context
        self.hub = hub or StreamHub(context)
        self.packed = (headers or {}).get("content-type") == "application/msgpack"
        session: Any = self.hub.connect(path, headers or {})
        self.session = session
        self.greeting = self.read(session.opened())

    def read(self, frames: list[Any]) -> list[Any]:
        found: list[Any] = []
        for frame in frames:
            if isinstance(frame, Close):
                found.append(frame)
            elif self.packed:
                assert isinstance(frame, bytes)
                found += msgpack.unpackb(frame, timestamp=0)
            else:
                assert isinstance(frame, str)
                found += json.loads(frame)
        return found

    def say(self, **message: Any) -> list[Any]:
        data = msgpack.packb(message) if self.packed else json.dumps(message)
        return self.read(self.session.receive(data))

    def login(self) -> Client:
        keys = self.context.keys
        answer = self.say(action="auth", key=keys.key_id, secret=keys.secret)
        assert answer == [{"T": "success", "msg": "authenticated"}]
        return self

    def frames(self, until: Instant) -> list[Any]:
        self.context.venue.step_to(until)
        return [frame for s, mine in self.hub.pump(until) for frame in mine if s is self.session]

    def until(self, moment: Instant) -> list[Any]:
        return self.read(self.frames(moment))


def error(code: int, text: str) -> dict[str, Any]:
    return {"T": "error", "code": code, "msg": text}


def test_the_server_speaks_first_in_the_coding_of_the_handshake() -> None:
    context = context_of(TAPE, OPEN)
    assert Client(context).greeting == [{"T": "success", "msg": "connected"}]
    assert Client(context, headers=PACKED).greeting == [{"T": "success", "msg": "connected"}]


@pytest.mark.parametrize("headers", [{}, PACKED])
def test_bars_and_trades_come_in_time_with_their_timestamps(headers: dict[str, str]) -> None:
    client = Client(context_of(TAPE, OPEN), headers=headers).login()
    answer = client.say(action="subscribe", bars=["AAPL"], trades=["SPY"])
    assert answer == [
        {
            "T": "subscription",
            "trades": ["SPY"],
            "quotes": [],
            "bars": ["AAPL"],
            "updatedBars": [],
            "dailyBars": [],
            "statuses": [],
            "lulds": [],
            "corrections": ["SPY"],
            "cancelErrors": ["SPY"],
        }
    ]
    assert all(m["T"] == "t" for m in client.until(OPEN + MINUTE - 1))
    (bar,) = [m for m in client.until(OPEN + MINUTE) if m["T"] == "b"]
    day = TAPE.day("AAPL", TODAY)
    assert day is not None
    expected = {
        "T": "b",
        "S": "AAPL",
        "o": day.minutes.open[0] / 10_000,
        "h": day.minutes.high[0] / 10_000,
        "l": day.minutes.low[0] / 10_000,
        "c": day.minutes.close[0] / 10_000,
        "v": day.minutes.volume[0],
        "n": day.minutes.trades[0],
    }
    assert {name: bar[name] for name in expected} == expected
    stamp = bar["t"]
    if headers:
        assert isinstance(stamp, msgpack.Timestamp)
        assert stamp.to_unix_nano() == OPEN
    else:
        assert stamp == "2026-11-23T14:30:00Z"


def test_every_message_from_open_to_close_once() -> None:
    client = Client(context_of(TAPE, OPEN - 1)).login()
    client.say(action="subscribe", bars=["SPY"], trades=["SPY"], quotes=["SPY"])
    found = [m for hour in range(9) for m in client.until(OPEN - 1 + hour * 60 * MINUTE)]
    day = TAPE.day("SPY", TODAY)
    assert day is not None
    kinds = [m["T"] for m in found]
    quotes = int(((day.quotes.at >= OPEN) & (day.quotes.at <= client.context.now)).sum())
    assert (kinds.count("b"), kinds.count("t"), kinds.count("q")) == (
        390,
        len(day.prints.at),
        quotes,
    )
    assert sum(m["v"] for m in found if m["T"] == "b") == 1_000_000


def test_messages_of_an_instant_go_out_together() -> None:
    client = Client(context_of(TAPE, OPEN)).login()
    client.say(action="subscribe", bars=["*"])
    frames = client.frames(OPEN + 2 * MINUTE)
    assert [[m["S"] for m in json.loads(f)] for f in frames] == [["AAPL", "BRK.B", "SPY"]] * 2


def test_daily_and_updated_bars() -> None:
    client = Client(context_of(TAPE, OPEN)).login()
    client.say(action="subscribe", dailyBars=["AAPL"], updatedBars=["AAPL"], bars=["AAPL"])
    found = client.until(OPEN + 3 * MINUTE)
    bars = [m for m in found if m["T"] == "b"]
    days = [m for m in found if m["T"] == "d"]
    assert [m["t"] for m in days] == ["2026-11-23T05:00:00Z"] * 3
    assert [m["v"] for m in days] == [sum(b["v"] for b in bars[: i + 1]) for i in range(3)]
    assert days[2]["h"] == max(b["h"] for b in bars)
    (update,) = [m for m in found if m["T"] == "u"]
    assert {**update, "T": "b"} == bars[0]
    half_hour = OPEN + 31 * MINUTE + 30 * SECOND
    assert not [m for m in client.until(half_hour - 1) if m["T"] == "u"]
    assert [m["t"] for m in client.until(half_hour) if m["T"] == "u"] == ["2026-11-23T15:00:00Z"]


def test_a_halt_is_told_at_its_start_and_its_end() -> None:
    halt = Halt("AAPL", OPEN + 5 * MINUTE, OPEN + 10 * MINUTE)
    client = Client(context_of(small_tape(halts=(halt,)), OPEN)).login()
    client.say(action="subscribe", statuses=["AAPL"])
    assert client.until(halt.start - 1) == []
    (halted,) = client.until(halt.start)
    assert (halted["T"], halted["sc"], halted["sm"]) == ("s", "H", "Trading Halt")
    (resumed,) = client.until(halt.end)
    assert (resumed["sc"], resumed["t"]) == ("T", "2026-11-23T14:40:00Z")


def test_a_halt_ordered_at_the_venue_is_told_once_and_hides_all_trading() -> None:
    client = Client(context_of(TAPE, OPEN)).login()
    client.say(action="subscribe", statuses=["*"], bars=["SPY"], trades=["SPY"], quotes=["SPY"])
    client.until(OPEN + MINUTE)
    client.context.venue.halt("SPY", OPEN + 10 * MINUTE)
    found = client.until(OPEN + 5 * MINUTE)
    assert [(m["T"], m["S"], m.get("sc"), m.get("z")) for m in found] == [("s", "SPY", "2", "B")]
    assert client.until(OPEN + 6 * MINUTE) == []
    client.context.venue.halt("SPY", None)
    resumed, *later = client.until(OPEN + 8 * MINUTE)
    assert (resumed["sc"], resumed["sm"]) == ("3", "Resume")
    assert {m["T"] for m in later} == {"t", "q", "b"}
    assert min(m["t"] for m in later) >= "2026-11-23T14:36:00Z"


def test_an_ordered_halt_is_told_at_its_own_moments_however_late_one_asks() -> None:
    client = Client(context_of(TAPE, OPEN)).login()
    client.say(action="subscribe", statuses=["AAPL"])
    client.context.venue.step_to(OPEN + 2 * MINUTE)
    client.context.venue.halt("AAPL", OPEN + 3 * MINUTE)
    told = client.until(OPEN + 30 * MINUTE)
    assert [(m["sc"], m["t"]) for m in told] == [
        ("H", "2026-11-23T14:32:00Z"),
        ("T", "2026-11-23T14:33:00Z"),
    ]


def test_iex_is_thin_and_delayed_sip_is_late() -> None:
    tape = TAPE
    iex = Client(context_of(tape, OPEN, "basic"), "/v2/iex").login()
    iex.say(action="subscribe", bars=["AAPL"])
    (thin,) = iex.until(OPEN + MINUTE)
    late = Client(context_of(tape, OPEN, "basic"), "/v2/delayed_sip").login()
    late.say(action="subscribe", bars=["AAPL"])
    assert late.until(OPEN + 16 * MINUTE - 1) == []
    (full,) = late.until(OPEN + 16 * MINUTE)
    assert thin["v"] == round(full["v"] * 0.025)
    assert (thin["t"], thin["o"]) == (full["t"], full["o"])


def test_the_test_stream_runs_when_nothing_else_does() -> None:
    sunday = at("2026-11-22 12:00")
    client = Client(context_of(TAPE, sunday, "basic"), "/v2/test").login()
    client.say(action="subscribe", trades=["FAKEPACA"], bars=["FAKEPACA"], quotes=["AAPL"])
    found = client.until(sunday + MINUTE)
    assert [m["T"] for m in found] == ["t"] * 6 + ["b"]
    prices = [m["p"] for m in found[:5]]
    assert found[-1]["c"] == prices[-1]
    assert found[-1]["v"] == 600


def test_subscriptions_begin_and_end_when_they_are_made() -> None:
    client = Client(context_of(TAPE, OPEN)).login()
    client.say(action="subscribe", bars=["AAPL"])
    client.context.venue.step_to(OPEN + 2 * MINUTE)
    client.say(action="subscribe", bars=["SPY"])
    client.context.venue.step_to(OPEN + 3 * MINUTE)
    (told,) = client.say(action="unsubscribe", bars=["AAPL"])
    assert told["bars"] == ["SPY"]
    found = client.until(OPEN + 4 * MINUTE)
    assert [(m["S"], m["t"][14:16]) for m in found] == [
        ("AAPL", "30"),
        ("AAPL", "31"),
        ("AAPL", "32"),
        ("SPY", "32"),
        ("SPY", "33"),
    ]


def test_errors_of_the_login() -> None:
    client = Client(context_of(TAPE, OPEN))
    assert client.say(action="subscribe", bars=["AAPL"]) == [error(401, "not authenticated")]
    assert client.say(action="auth", key="K", secret="S") == [error(402, "auth failed")]
    assert client.say(action="auth") == [error(402, "auth failed")]
    client.login()
    keys = client.context.keys
    again = client.say(action="auth", key=keys.key_id, secret=keys.secret)
    assert again == [error(403, "already authenticated")]
    assert not client.session.closed


def test_a_login_that_does_not_come_is_waited_for_ten_seconds() -> None:
    client = Client(context_of(TAPE, OPEN))
    assert client.session.idle(9.9) == []
    assert client.read(client.session.idle(10.0)) == [
        error(404, "auth timeout"),
        Close(1000, "auth timeout"),
    ]
    assert client.session.closed
    assert client.session.idle(20.0) == []
    assert Client(context_of(TAPE, OPEN)).login().session.idle(3600.0) == []


def test_keys_in_the_handshake_log_in() -> None:
    context = context_of(TAPE, OPEN)
    keys = {"apca-api-key-id": context.keys.key_id, "apca-api-secret-key": context.keys.secret}
    assert [m["msg"] for m in Client(context, headers=keys).greeting] == [
        "connected",
        "authenticated",
    ]
    wrong = Client(context, "/v2/iex", {"apca-api-key-id": "K"})
    assert wrong.greeting[1:] == [error(402, "auth failed")]


def test_sip_is_not_for_the_basic_plan() -> None:
    client = Client(context_of(TAPE, OPEN, "basic"), "/v2/sip")
    keys = client.context.keys
    answer = client.say(action="auth", key=keys.key_id, secret=keys.secret)
    assert answer[0] == error(409, "insufficient subscription")
    assert client.session.closed


def test_thirty_symbols_on_the_basic_plan() -> None:
    client = Client(context_of(TAPE, OPEN, "basic"), "/v2/iex").login()
    names = [f"A{chr(65 + i)}" for i in range(26)] + ["B", "C", "D", "E"]
    (told,) = client.say(action="subscribe", quotes=names[:20], trades=names[10:])
    assert len(told["quotes"]) == len(told["trades"]) == 20
    refusal = [error(405, "symbol limit exceeded")]
    assert client.say(action="subscribe", bars=["F"]) == refusal
    assert client.say(action="subscribe", trades=["*"]) == refusal
    (kept,) = client.say(action="subscribe", bars=["*"], trades=[names[0]])
    assert kept["bars"] == ["*"]
    assert len(kept["trades"]) == 21
    plus = Client(context_of(TAPE, OPEN), "/v2/iex").login()
    assert plus.say(action="subscribe", trades=[*names, "F"])[0]["T"] == "subscription"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"action": "subscribe", "orderbooks": ["AAPL"]}, 410),
        ({"action": "subscribe", "bars": "AAPL"}, 400),
        ({"action": "subscribe", "bars": [1]}, 400),
        ({"action": "subscribe", "bars": ["../etc"]}, 400),
        ({"action": "dance"}, 400),
        ({"action": ["auth"]}, 400),
        ({}, 400),
    ],
)
def test_messages_that_cannot_be_obeyed_change_nothing(message: dict[str, Any], code: int) -> None:
    client = Client(context_of(TAPE, OPEN)).login()
    (before,) = client.say(action="subscribe", bars=["SPY"])
    (answer,) = client.say(**message)
    assert (answer["T"], answer["code"]) == ("error", code)
    assert client.say(action="subscribe") == [before]


@given(st.binary(max_size=60), st.sampled_from([{}, PACKED]))
def test_garbage_is_answered_by_an_error(data: bytes, headers: dict[str, str]) -> None:
    client = Client(context_of(TAPE, OPEN), headers=headers)
    assert client.read(client.session.receive(data)) == [error(400, "invalid syntax")]


def test_deep_and_odd_messages_are_garbage_too() -> None:
    client = Client(context_of(TAPE, OPEN), headers=PACKED)
    for data in (b"[" * 5000, "[" * 100_000, msgpack.packb([1]), b"\x81\x90\x01", "\ud800"):
        assert client.read(client.session.receive(data)) == [error(400, "invalid syntax")]


def test_a_second_connection_is_one_too_many() -> None:
    context = context_of(TAPE, OPEN)
    first = Client(context, "/v2/iex").login()
    second = Client(context, "/v2/iex", hub=first.hub)
    keys = context.keys
    answer = second.say(action="auth", key=keys.key_id, secret=keys.secret)
    assert answer == [
        error(406, "connection limit exceeded"),
        Close(1000, "connection limit exceeded"),
    ]
    Client(context, "/v2/sip", hub=first.hub).login()
    first.hub.disconnect(first.session)
    Client(context, "/v2/iex", hub=first.hub).login()


def test_the_limit_can_be_ordered() -> None:
    rule = Fault(FaultKind.CONNECTION_LIMIT, "connect /v2/iex", nth=1)
    context = context_of(TAPE, OPEN, faults=[rule])
    refused = Client(context, "/v2/iex")
    keys = context.keys
    assert refused.say(action="auth", key=keys.key_id, secret=keys.secret)[0]["code"] == 406
    Client(context, "/v2/iex", hub=refused.hub).login()


def test_a_slow_client_is_parted_with() -> None:
    client = Client(context_of(TAPE, OPEN)).login()
    client.say(action="subscribe", bars=["SPY"])
    assert client.read(client.session.overrun())[0] == error(407, "slow client")
    assert client.session.closed
    assert client.until(OPEN + 5 * MINUTE) == []
    assert client.say(action="subscribe", bars=["AAPL"]) == []


def test_a_mute_socket_says_nothing_more() -> None:
    rule = Fault(FaultKind.MUTE_SOCKET, "sip b", symbol="SPY", nth=2)
    client = Client(context_of(TAPE, OPEN, faults=[rule])).login()
    client.say(action="subscribe", bars=["SPY"])
    assert len(client.until(OPEN + 4 * MINUTE)) == 1
    assert client.until(OPEN + 9 * MINUTE) == []
    assert client.say(action="subscribe", bars=["AAPL"]) == []
    assert not client.session.closed


def test_bars_can_be_late_lost_doubled_and_in_the_wrong_order() -> None:
    rules = [
        Fault(FaultKind.LATE_EVENT, "sip b", nth=1, value="90"),
        Fault(FaultKind.LOST_EVENT, "sip b", nth=2),
        Fault(FaultKind.DUPLICATED_EVENT, "sip b", nth=3),
        Fault(FaultKind.REORDERED_EVENT, "sip b", nth=4, value="90"),
    ]
    client = Client(context_of(TAPE, OPEN, faults=rules)).login()
    client.say(action="subscribe", bars=["SPY"])
    assert client.until(OPEN + 2 * MINUTE) == []
    found = client.until(OPEN + 6 * MINUTE)
    assert [m["t"][14:16] for m in found] == ["30", "32", "32", "34", "33", "35"]
