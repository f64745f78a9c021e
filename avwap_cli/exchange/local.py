"""The local exchange as one object: tape, books, protocol and clock, and a handle to drive it.

Everything that happens goes through here, one thing at a time: the one lock of the exchange
is this object's.  A door (`server`, `in_process`) hands in requests and stream messages; a
test or a demonstration steps the clock, orders faults and looks at the books.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import RLock

from avwap_cli.exchange.broker.venue import Venue
from avwap_cli.exchange.faults import Fault, FaultBox
from avwap_cli.exchange.instants import SECOND, Instant, eastern, instant
from avwap_cli.exchange.protocol import control
from avwap_cli.exchange.protocol.context import Keys, RouteContext, keys_of
from avwap_cli.exchange.protocol.gateway import Gateway
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.ordered_faults.fault_text import checked
from avwap_cli.exchange.protocol.ordered_faults.fault_text import fault as parsed_fault
from avwap_cli.exchange.protocol.streams.frames import Frame, StreamSession
from avwap_cli.exchange.protocol.streams.hub import StreamHub
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.exchange.virtual_clock import VirtualClock


class LocalExchange:
    """One exchange with one account.

    Args:
        tape: what happens at which time.
        settings: the account and the way it fills.
        start: where virtual time begins; aware.
        faults: rules in force from the start, as records or as text.
        speed: virtual seconds per real second; 0 = time stands until it is stepped.
        real_ns: the real time that a running clock follows.

    Attributes:
        venue: the books, for reading; change them through requests.
        changed: called after anything may have happened, by whichever thread made it happen;
            they must not wait for anything.
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
        speed: float = 0.0,
        real_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        chosen = Settings() if settings is None else settings
        self.clock = VirtualClock(instant(start), speed, real_ns)
        box = FaultBox(chosen.seed, [_rule(fault) for fault in faults])
        self.venue = Venue(tape, chosen, instant(start), box)
        self.context = RouteContext(self.venue, tape, chosen, box, keys_of(chosen.seed))
        self.gateway = Gateway(self.context, control.routes(self))
        self.hub = StreamHub(self.context)
        self.changed: list[Callable[[], None]] = []
        self.requests = 0
        self._lock = RLock()

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
        self.catch_up()
        return eastern(self.venue.now)

    def step_to(self, moment: datetime) -> None:
        """Let everything happen up to that moment, in order.

        Raises:
            ValueError: the moment is past, naive, or beyond the calendar.
        """
        self.advance(instant(moment))

    def step(self, seconds: float) -> None:
        """Let everything happen of so many virtual seconds; raises as `step_to`."""
        with self._lock:
            self.catch_up()
            self.advance(self.venue.now + round(seconds * SECOND))

    def advance(self, to: Instant) -> None:
        """`step_to` for an instant."""
        with self._lock:
            self.clock.jump(to)
            self.venue.step_to(to)
        self._tell()

    def catch_up(self) -> None:
        """Let everything happen that is due by the running clock."""
        with self._lock:
            due = self.clock.now()
            if due <= self.venue.now:
                return
            self.venue.step_to(due)
        self._tell()

    def set_speed(self, speed: float) -> None:
        """Let time run at another speed from now on.

        Raises:
            ValueError: it is negative, not a number, or above 86,400.
        """
        with self._lock:
            self.catch_up()
            self.clock.set_speed(speed)

    def fault(self, rule: Fault | str) -> int:
        """Put a fault in force; its number.

        Raises:
            UsageError: the text cannot be read.
        """
        with self._lock:
            return self.context.faults.add(_rule(rule))

    def snapshot(self) -> dict[str, object]:
        """The state of the books, the clock and the faults, as JSON takes it."""
        with self._lock:
            self.catch_up()
            return control.snapshot(self)

    def handle(self, request: Request) -> Answer:
        """Answer one request at the present virtual time."""
        with self._lock:
            self.catch_up()
            self.requests += 1
            answer = self.gateway.handle(request)
        self._tell()
        return answer

    def connect(self, path: str, headers: Mapping[str, str]) -> StreamSession | Answer:
        """Open a stream connection; an `Answer` refuses its handshake."""
        with self._lock:
            self.catch_up()
            return self.hub.connect(path, headers)

    def receive(self, session: StreamSession, data: bytes | str) -> list[Frame]:
        """The frames that answer one message of a stream's client."""
        with self._lock:
            self.catch_up()
            return session.receive(data)

    def idle(self, session: StreamSession, open_s: float) -> list[Frame]:
        """The frames due to a stream for having been open so many real seconds."""
        with self._lock:
            return session.idle(open_s)

    def disconnect(self, session: StreamSession) -> None:
        """Forget a stream connection."""
        with self._lock:
            self.hub.disconnect(session)

    def pump(self) -> list[tuple[StreamSession, list[Frame]]]:
        """The frames due to each stream since the last pump; for the door that owns them."""
        with self._lock:
            return self.hub.pump(self.venue.now)

    def _tell(self) -> None:
        for listener in tuple(self.changed):
            listener()


def _rule(rule: Fault | str) -> Fault:
    return parsed_fault(rule) if isinstance(rule, str) else checked(rule)
