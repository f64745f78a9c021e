"""The local exchange as one object: tape, books, protocol and clock, and a handle to drive it.

Everything that happens goes through here, one thing at a time: the one lock of the exchange
is this object's, and real time is looked at once in each call.  A door (`server`,
`in_process`) hands in requests and stream messages; a test or a demonstration steps the
clock, orders faults and looks at the books.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from threading import RLock

from avwap_cli.exchange.broker.inheritance import Inheritance
from avwap_cli.exchange.broker.venue import Venue
from avwap_cli.exchange.faults import Fault, FaultBox
from avwap_cli.exchange.instants import SECOND, Instant, eastern, instant
from avwap_cli.exchange.protocol import control
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.gateway import Gateway
from avwap_cli.exchange.protocol.keys import Keys, keys_of
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.ordered_faults.fault_text import checked
from avwap_cli.exchange.protocol.ordered_faults.fault_text import fault as parsed_fault
from avwap_cli.exchange.protocol.streams.frames import Frame, StreamSession
from avwap_cli.exchange.protocol.streams.hub import StreamHub
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.exchange.virtual_clock import VirtualClock

LARGEST_DEPOSIT = Decimal(10**12)
CENT = Decimal("0.01")


class LocalExchange:
    """One exchange with one account.

    Args:
        tape: what happens at which time.
        settings: the account and the way it fills.
        start: where virtual time begins; aware.
        faults: rules in force from the start, as records or as text.
        before: what the account had when it opens; None = its cash alone.
        speed: virtual seconds per real second; 0 = time stands until it is stepped.
        real_ns: the real time that a running clock follows.

    Attributes:
        venue: the books, for the thread that drives them alone; where others may be at work
            (a server, a running clock), read them with `reading`.  Change them by requests.
        changed: called after anything may have happened, by whichever thread made it happen;
            they must not wait for anything, nor drive the exchange.
        requests: how many requests were answered, those of the control included.

    Raises:
        ValueError: `start` is naive or beyond the calendar, or the speed is not one.
        UsageError: a fault's text cannot be read.
    """

    def __init__(
        self,
        tape: Tape,
        settings: Settings | None = None,
        *,
        start: datetime,
        faults: Sequence[Fault | str] = (),
        before: Inheritance | None = None,
        speed: float = 0.0,
        real_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        chosen = Settings() if settings is None else settings
        self.clock = VirtualClock(instant(start), speed, real_ns)
        box = FaultBox(chosen.seed, [_rule(fault) for fault in faults])
        self.venue = Venue(tape, chosen, instant(start), box)
        if before is not None:
            self.venue.inherit(before)
        self.context = RouteContext(self.venue, tape, chosen, box, keys_of(chosen.seed))
        self.gateway = Gateway(self.context, control.routes(self))
        self.hub = StreamHub(self.context)
        self.changed: list[Callable[[], None]] = []
        self.requests = 0
        self._lock = RLock()
        self._depth = 0
        self._news = False
        self._untaken: dict[StreamSession, list[Frame]] = {}

    @property
    def keys(self) -> Keys:
        """The keys of the account."""
        return self.context.keys

    @property
    def speed(self) -> float:
        """Virtual seconds per real second."""
        return self.clock.speed

    def now(self) -> datetime:
        """The virtual time, in New York; what was due by now has happened."""
        with self._turn():
            return eastern(self.venue.now)

    @contextmanager
    def reading(self) -> Iterator[Venue]:
        """The books, at one moment for the length of a `with` block: everybody else waits."""
        with self._turn():
            yield self.venue

    def step_to(self, moment: datetime) -> None:
        """Let everything happen up to that moment, in order.

        Raises:
            ValueError: the moment is past, naive, or beyond the calendar.
        """
        self.advance(instant(moment))

    def step(self, seconds: float) -> None:
        """Let everything happen of so many virtual seconds; raises as `step_to`."""
        if not math.isfinite(seconds):
            raise ValueError(f"a step is a number of seconds, not {seconds}")
        with self._turn():
            self.advance(self.venue.now + round(seconds * SECOND))

    def advance(self, to: Instant) -> None:
        """`step_to` for an instant."""
        with self._turn():
            self.clock.jump(to)
            self.venue.step_to(to)
            self._news = True

    def catch_up(self) -> None:
        """Let everything happen that is due by the running clock."""
        with self._turn():
            pass

    def set_speed(self, speed: float) -> None:
        """Let time run at another speed from now on.

        Raises:
            ValueError: it is negative, not a number, or above 86,400.
        """
        with self._turn():
            self.clock.set_speed(speed)
            self._news = True

    def fault(self, rule: Fault | str) -> int:
        """Put a fault in force; its number.

        Raises:
            UsageError: the text cannot be read.
        """
        with self._turn():
            return self.context.faults.add(_rule(rule))

    def deposit(self, amount: Decimal) -> None:
        """Pay USD into the account, or out of it if negative.

        Raises:
            ValueError: it is nothing, too much, finer than a cent, or more than there is.
        """
        if not (amount.is_finite() and 0 < abs(amount) <= LARGEST_DEPOSIT and not amount % CENT):
            raise ValueError(
                f"a deposit is 0.01 to {LARGEST_DEPOSIT:,} USD in whole cents, negative to take out"
            )
        with self._turn():
            cash = self.venue.balances().cash
            if amount < 0 and cash + amount < 0:
                raise ValueError(f"the account holds {cash:,.2f} USD, less than {-amount:,.2f}")
            self.venue.deposit(amount)
            self._news = True

    def snapshot(self) -> dict[str, object]:
        """The state of the books, the clock and the faults, as JSON takes it."""
        with self._turn():
            return control.snapshot(self)

    def handle(self, request: Request) -> Answer:
        """Answer one request at the present virtual time."""
        with self._turn():
            self.requests += 1
            self._news = True
            return self.gateway.handle(request)

    def connect(self, path: str, headers: Mapping[str, str]) -> StreamSession | Answer:
        """Open a stream connection; an `Answer` refuses its handshake."""
        with self._turn():
            return self.hub.connect(path, headers)

    def opened(self, session: StreamSession) -> list[Frame]:
        """What a stream's client is told first."""
        with self._turn():
            return session.opened()

    def receive(self, session: StreamSession, data: bytes | str) -> list[Frame]:
        """The frames that answer one message of a stream's client."""
        with self._turn():
            return session.receive(data)

    def idle(self, session: StreamSession, open_s: float) -> list[Frame]:
        """The frames due to a stream for having been open so many real seconds."""
        with self._lock:
            return session.idle(open_s)

    def overrun(self, session: StreamSession) -> list[Frame]:
        """The farewell to a stream's client that does not take what it is sent."""
        with self._lock:
            return session.overrun()

    def disconnect(self, session: StreamSession) -> None:
        """Forget a stream connection."""
        with self._lock:
            self.hub.disconnect(session)
            self._untaken.pop(session, None)

    def pump(self, sessions: Iterable[StreamSession]) -> list[tuple[StreamSession, list[Frame]]]:
        """The frames due to these streams since they were last asked for.

        What is due to others is kept for the door that they belong to.
        """
        with self._lock:
            for session, frames in self.hub.pump(self.venue.now):
                self._untaken.setdefault(session, []).extend(frames)
            due = [session for session in sessions if session in self._untaken]
            return [(session, self._untaken.pop(session)) for session in due]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Have the exchange for oneself, with everything done that is due by now.

        A turn within a turn happens at the same moment.  Listeners hear of it afterwards.
        """
        news = False
        try:
            with self._lock:
                self._depth += 1
                try:
                    if self._depth == 1:
                        self._catch_up()
                    yield
                finally:
                    self._depth -= 1
                    if not self._depth:
                        news, self._news = self._news, False
        finally:
            for listener in tuple(self.changed) if news else ():
                listener()

    def _catch_up(self) -> None:
        due = self.clock.read()
        if due > self.venue.now:
            self.venue.step_to(due)
            self._news = True


def _rule(rule: Fault | str) -> Fault:
    return parsed_fault(rule) if isinstance(rule, str) else checked(rule)
