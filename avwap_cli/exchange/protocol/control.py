"""The control: the exchange's own endpoints, with which a client drives time and orders faults.

    GET    /_exchange/snapshot            the books, the clock and the faults
    POST   /_exchange/step                {"to": "2026-11-23T09:31"} (New York) or {"seconds": 60}
    POST   /_exchange/speed               {"speed": 60}
    POST   /_exchange/deposit             {"amount": 5000} USD into the account, negative: out of it
    GET    /_exchange/faults              the rules in force, and how often each kind struck
    POST   /_exchange/faults              {"fault": "504-after-accept@POST /v2/orders,nth=2"}
    DELETE /_exchange/faults[/{number}]   take all rules, or one, out of force
    GET    /_exchange/events?after=0      what the books did, at most 1,000 steps a page

They want the account's keys as Alpaca's endpoints do, know no rate limit, and no fault
strikes them.  A refusal is `{"message": ...}` and changes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Protocol

from avwap_cli.errors import UsageError
from avwap_cli.exchange.broker.events import Event
from avwap_cli.exchange.decimals import decimal_text, decimal_text_or_none
from avwap_cli.exchange.instants import SECOND, Instant, instant, rfc3339, rfc3339_eastern
from avwap_cli.exchange.protocol import queries
from avwap_cli.exchange.protocol.answers import no_content, ok
from avwap_cli.exchange.protocol.bodies import json_object
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.ordered_faults.fault_text import fault_line
from avwap_cli.exchange.protocol.routing import Route
from avwap_cli.exchange.protocol.snapshots import book_snapshot
from avwap_cli.exchange.protocol.trading.documents import order_document
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.market.sessions import EASTERN

EVENTS_A_PAGE = 1000
LONGEST_STEP_S = 10 * 366 * 86_400
STEP_FORM = 'send {"to": "2026-11-23T09:31"} (New York) or {"seconds": 60}'
SPEED_FORM = 'send {"speed": 60}, virtual seconds per real second; 0 = time stands'
DEPOSIT_FORM = 'send {"amount": 5000}, in USD; a negative amount is taken out'
FAULT_FORM = 'send {"fault": "504-after-accept@POST /v2/orders,nth=2"}'


class Controls(Protocol):
    """What the endpoints need of the exchange."""

    context: RouteContext
    requests: int

    @property
    def speed(self) -> float:
        """Virtual seconds per real second."""

    def advance(self, to: Instant) -> None:
        """Let everything happen up to that instant; ValueError where that cannot be."""

    def set_speed(self, speed: float) -> None:
        """Let time run at another speed; ValueError where that is none."""

    def deposit(self, amount: Decimal) -> None:
        """Pay into the account, or out of it; ValueError where that cannot be."""

    def fault(self, rule: str) -> int:
        """Put a fault in force; UsageError where the text cannot be read."""


def routes(controls: Controls) -> tuple[Route, ...]:
    """The endpoints that drive this exchange."""
    return tuple(
        Route(method, f"/_exchange/{path}", partial(handler, controls))
        for method, path, handler in (
            ("GET", "snapshot", _snapshot),
            ("POST", "step", _step),
            ("POST", "speed", _speed),
            ("POST", "deposit", _deposit),
            ("GET", "faults", _faults),
            ("POST", "faults", _add_fault),
            ("DELETE", "faults", _remove_faults),
            ("DELETE", "faults/{number}", _remove_fault),
            ("GET", "events", _events),
        )
    )


def snapshot(controls: Controls) -> dict[str, object]:
    """The state of the books, with the clock's speed, the requests and the faults counted."""
    return {
        **book_snapshot(controls.context.venue),
        "speed": controls.speed,
        "requests": controls.requests,
        "faults_fired": _fired(controls.context),
    }


def _snapshot(controls: Controls, _floor: RouteContext, _request: Request) -> Answer:
    return ok(snapshot(controls))


def _step(controls: Controls, context: RouteContext, request: Request) -> Answer:
    to = _target(json_object(request), context.now)
    try:
        controls.advance(to)
    except ValueError as error:
        raise _wrong(str(error)) from None
    return _time(controls)


def _target(document: dict[str, object], now: Instant) -> Instant:
    """The instant that the body of a step names."""
    match document:
        case {"to": str(text), **others} if not others:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                raise _wrong(f"{text[:80]!r} is not a date and time; {STEP_FORM}") from None
            return instant(moment if moment.tzinfo else moment.replace(tzinfo=EASTERN))
        case {"seconds": int(seconds) | float(seconds), **others} if not others:
            if isinstance(seconds, bool) or not 0 <= seconds <= LONGEST_STEP_S:
                raise _wrong(f"a step is 0 to {LONGEST_STEP_S:,} seconds; {STEP_FORM}")
            return now + round(seconds * SECOND)
    raise _wrong(STEP_FORM)


def _speed(controls: Controls, _floor: RouteContext, request: Request) -> Answer:
    match json_object(request):
        case {"speed": int(speed) | float(speed), **others} if not (
            others or isinstance(speed, bool)
        ):
            try:
                controls.set_speed(speed)
            except ValueError as error:
                raise _wrong(str(error)) from None
            return _time(controls)
    raise _wrong(SPEED_FORM)


def _deposit(controls: Controls, context: RouteContext, request: Request) -> Answer:
    match json_object(request):
        case {"amount": int(amount) | float(amount) | str(amount), **others} if not (
            others or isinstance(amount, bool)
        ):
            try:
                controls.deposit(Decimal(str(amount)))
            except InvalidOperation:
                raise _wrong(DEPOSIT_FORM) from None
            except ValueError as error:
                raise _wrong(str(error)) from None
            return ok({"cash": decimal_text(context.venue.balances().cash)})
    raise _wrong(DEPOSIT_FORM)


def _time(controls: Controls) -> Answer:
    return ok({"now": rfc3339_eastern(controls.context.now), "speed": controls.speed})


def _faults(_controls: Controls, context: RouteContext, _request: Request) -> Answer:
    rules = [{"number": i, "fault": fault_line(r)} for i, r in context.faults.rules.items()]
    return ok({"faults": rules, "fired": _fired(context)})


def _add_fault(controls: Controls, context: RouteContext, request: Request) -> Answer:
    match json_object(request):
        case {"fault": str(text), **others} if not others:
            try:
                made = controls.fault(text)
            except UsageError as error:
                raise _wrong(str(error)) from None
            return ok({"number": made, "fault": fault_line(context.faults.rules[made])})
    raise _wrong(FAULT_FORM)


def _remove_faults(_controls: Controls, context: RouteContext, _request: Request) -> Answer:
    context.faults.clear()
    return no_content()


def _remove_fault(
    _controls: Controls, context: RouteContext, _request: Request, number: str
) -> Answer:
    if number not in map(str, context.faults.rules):
        raise Refusal(404, None, f"no fault {number[:20]!r} is in force")
    context.faults.remove(int(number))
    return no_content()


def _events(_controls: Controls, context: RouteContext, request: Request) -> Answer:
    after = queries.integer(request, "after", 0, 0, 10**12)
    events = context.venue.events
    first = bisect_right(events, after, key=lambda event: event.seq)
    page = events[first : first + EVENTS_A_PAGE]
    last = page[-1].seq if page else after
    return ok({"events": [_event_document(event) for event in page], "last": last})


def _event_document(event: Event) -> dict[str, object]:
    return {
        "seq": event.seq,
        "at": rfc3339(event.at),
        "event": event.name.value,
        "execution_id": event.execution_id,
        "price": decimal_text_or_none(event.price),
        "qty": decimal_text_or_none(event.qty),
        "position_qty": decimal_text_or_none(event.position_qty),
        "order": order_document(event.order),
    }


def _fired(context: RouteContext) -> dict[str, int]:
    return {kind.value: times for kind, times in sorted(context.faults.fired.items())}


def _wrong(message: str) -> Refusal:
    return Refusal(422, None, message)
