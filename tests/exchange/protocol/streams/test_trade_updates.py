"""The trade stream: login, listening, and the documents of events."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from data_context import TODAY, at, context_of, small_tape
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.broker.events import Event, EventName
from avwap_cli.exchange.broker.orders import OrderClass, OrderRequest, OrderType, Side, Status, Tif
from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.instants import SECOND
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer
from avwap_cli.exchange.protocol.streams.frames import Close
from avwap_cli.exchange.protocol.streams.hub import StreamHub
from avwap_cli.exchange.protocol.trading.documents import order_document

TAPE = small_tape()
OPEN = at(f"{TODAY} 09:30")
BUY = OrderRequest(
    "AAPL", Side.BUY, OrderType.LIMIT, Tif.DAY, qty=Decimal(10), limit_price=Decimal("150.5")
)


class Client:
    """A client of the trade stream; it expects binary frames of JSON."""

    def __init__(self, context: RouteContext, hub: StreamHub | None = None) -> None:
        self.context = context
        self.order_id = context.venue.submit(BUY).id
        self.hub = hub or StreamHub(context)
        session: Any = self.hub.connect("/stream")
        self.session = session
        assert session.opened() == []

    def read(self, frames: list[Any]) -> list[Any]:
        assert all(isinstance(frame, bytes | Close) for frame in frames)
        return [json.loads(f) if isinstance(f, bytes) else f for f in frames]

    def say(self, message: Any, binary: bool = False) -> list[Any]:
        text = json.dumps(message)
        return self.read(self.session.receive(text.encode() if binary else text))

    def login(self) -> Client:
        keys = {"key_id": self.context.keys.key_id, "secret_key": self.context.keys.secret}
        assert self.say({"action": "authenticate", "data": keys}) == [
            authorization("authorized", "authenticate")
        ]
        return self

    def listen(self, *streams: str) -> list[Any]:
        return self.say({"action": "listen", "data": {"streams": list(streams)}})

    def events(self, until: int) -> list[Any]:
        found = [f for s, mine in self.hub.pump(until) for f in mine if s is self.session]
        return self.read(found)


def authorization(status: str, action: str) -> dict[str, Any]:
    return {"stream": "authorization", "data": {"status": status, "action": action}}


def event(client: Client, seq: int, name: EventName = EventName.NEW, **more: Any) -> Event:
    """A step of the client's order, so many seconds after the open."""
    order = client.context.venue.order(client.order_id)
    return Event(
        seq, OPEN + seq * SECOND, name, order, f"33333333-0000-0000-0000-{seq:012}", **more
    )


def listening(faults: tuple[Fault, ...] = ()) -> Client:
    client = Client(context_of(TAPE, OPEN, faults=faults)).login()
    assert client.listen("trade_updates") == [
        {"stream": "listening", "data": {"streams": ["trade_updates"]}}
    ]
    return client


def happen(client: Client, *events: Event) -> None:
    """The venue tells these events, whatever its orders do."""
    for one in events:
        for listener in client.context.venue.listeners:
            listener(one)


def test_both_forms_of_login_in_text_and_binary() -> None:
    context = context_of(TAPE, OPEN)
    keys = context.keys
    client = Client(context).login()
    short = {"action": "auth", "key": keys.key_id, "secret": keys.secret}
    assert client.say(short, binary=True) == [authorization("authorized", "auth")]


@pytest.mark.parametrize(
    "message",
    [
        {"action": "authenticate", "data": {"key_id": "K", "secret_key": "S"}},
        {"action": "authenticate", "data": {"key_id": None, "secret_key": 7}},
        {"action": "authenticate"},
        {"action": "authenticate", "data": "K"},
        {"action": "authenticate", "data": {"key_id": "\ud800", "secret_key": "S"}},
    ],
)
def test_wrong_keys_are_unauthorized(message: dict[str, Any]) -> None:
    client = Client(context_of(TAPE, OPEN))
    assert client.say(message) == [authorization("unauthorized", "authenticate")]
    assert client.listen("trade_updates") == [authorization("unauthorized", "listen")]
    client.login()


def test_only_known_streams_are_listened_to_and_an_empty_list_ends_it() -> None:
    client = listening()
    happen(client, event(client, 1))
    assert len(client.events(event(client, 1).at)) == 1
    assert client.listen("trade_updates", "account_updates")[0]["data"]["streams"] == [
        "trade_updates"
    ]
    assert client.listen("account_updates")[0]["data"]["streams"] == []
    happen(client, event(client, 2))
    assert client.events(event(client, 2).at) == []


def test_events_before_listening_are_not_replayed() -> None:
    client = Client(context_of(TAPE, OPEN)).login()
    happen(client, event(client, 1))
    client.listen("trade_updates")
    happen(client, event(client, 2))
    assert [m["data"]["timestamp"] for m in client.events(event(client, 2).at)] == [
        "2026-11-23T14:30:02Z"
    ]


def test_the_document_of_a_fill() -> None:
    client = listening()
    fill = event(
        client,
        3,
        EventName.PARTIAL_FILL,
        price=Decimal("190.40"),
        qty=Decimal(4),
        position_qty=Decimal("-4.5"),
    )
    happen(client, fill)
    assert client.events(fill.at) == [
        {
            "stream": "trade_updates",
            "data": {
                "event": "partial_fill",
                "execution_id": fill.execution_id,
                "order": order_document(fill.order),
                "timestamp": "2026-11-23T14:30:03Z",
                "price": "190.4",
                "qty": "4",
                "position_qty": "-4.5",
            },
        }
    ]
    happen(client, event(client, 4))
    (new,) = client.events(event(client, 4).at)
    assert set(new["data"]) == {"event", "execution_id", "order", "timestamp"}


def test_legs_are_those_of_the_moment_of_the_event() -> None:
    client = listening()
    venue = client.context.venue
    bracket = replace(
        BUY,
        symbol="SPY",
        limit_price=Decimal(500),
        order_class=OrderClass.BRACKET,
        take_profit=Decimal(900),
        stop_loss=Decimal(400),
    )
    order = venue.submit(bracket)
    venue.cancel(order.id)
    venue.settle()
    told = [m["data"] for m in client.events(OPEN) if m["data"]["order"]["id"] == order.id]
    legs = [[leg["status"] for leg in data["order"]["legs"]] for data in told]
    assert told[0]["event"] == "pending_new"
    assert legs[0] == ["held", "held"]
    assert venue.legs(order)[0].status is Status.CANCELED


def test_events_can_be_late_lost_doubled_and_in_the_wrong_order() -> None:
    client = listening(
        (
            Fault(FaultKind.LATE_EVENT, "trade_updates new", nth=1, value="4"),
            Fault(FaultKind.LOST_EVENT, "trade_updates fill"),
            Fault(FaultKind.DUPLICATED_EVENT, "trade_updates expired"),
            Fault(FaultKind.REORDERED_EVENT, "trade_updates canceled", symbol="AAPL"),
        )
    )
    names = (EventName.NEW, EventName.FILL, EventName.EXPIRED, EventName.CANCELED, EventName.HELD)
    happen(client, *(event(client, i + 1, name) for i, name in enumerate(names)))
    early = [m["data"]["event"] for m in client.events(event(client, 4).at)]
    late = [m["data"]["event"] for m in client.events(event(client, 9).at)]
    assert early == ["expired", "expired"]
    assert late == ["new", "held", "canceled"]


def test_a_mute_socket_keeps_what_was_due_before() -> None:
    client = listening((Fault(FaultKind.MUTE_SOCKET, "trade_updates fill"),))
    happen(client, event(client, 1), event(client, 2, EventName.FILL), event(client, 3))
    assert [m["data"]["event"] for m in client.events(event(client, 3).at)] == ["new"]
    assert client.listen("trade_updates") == []
    assert not client.session.closed


def test_one_connection_at_a_time() -> None:
    first = listening()
    waiting = Client(context_of(TAPE, OPEN))
    rival: Any = first.hub.connect("/stream")
    assert isinstance(rival, Answer)
    assert (rival.status, json.loads(rival.body)) == (429, {"message": "connection limit exceeded"})
    first.hub.disconnect(first.session)
    second = Client(first.context, first.hub)
    third = Client(first.context, first.hub)
    second.login()
    keys = {"key_id": first.context.keys.key_id, "secret_key": first.context.keys.secret}
    assert third.say({"action": "authenticate", "data": keys}) == [
        Close(1008, "connection limit exceeded")
    ]
    assert third.session.closed
    assert not waiting.session.closed


def test_the_limit_can_be_ordered_and_slow_clients_are_closed() -> None:
    context = context_of(
        TAPE, OPEN, faults=(Fault(FaultKind.CONNECTION_LIMIT, "connect /stream", nth=1),)
    )
    hub = StreamHub(context)
    assert isinstance(hub.connect("/stream"), Answer)
    client = Client(context, hub).login()
    assert client.session.overrun() == [Close(1008, "slow client")]
    assert client.session.closed
    assert client.session.idle(1e9) == []


def test_unknown_paths_are_not_found() -> None:
    answer: Any = StreamHub(context_of(TAPE, OPEN)).connect("/v2/otc")
    assert isinstance(answer, Answer)
    assert answer.status == 404


@given(st.one_of(st.binary(max_size=50), st.text(max_size=50), st.just("[" * 100_000)))
def test_garbage_is_answered_by_an_error(data: bytes | str) -> None:
    client = Client(context_of(TAPE, OPEN))
    (answer,) = client.read(client.session.receive(data))
    assert answer["stream"] == "error"
