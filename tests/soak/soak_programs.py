"""Programs: the stages of a soak, which die anywhere and are begun again, on one virtual clock.

`monitor` runs through the session; what else is due (an `enter` by its timetable, a person at
the broker's page, a halt) happens while it sleeps.  Nobody shares memory: each run has a
ledger connection of its own.  The account's lock is a real one, so a run that meets it busy
goes away.
"""

from __future__ import annotations

import heapq
import json
import math
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgpack
from trading_rig import Rig, Silent

from avwap_cli.adapters.broker.alpaca_broker import AlpacaBroker
from avwap_cli.adapters.broker.alpaca_quotes import AlpacaQuotes
from avwap_cli.adapters.broker.quote_rows import bar_of
from avwap_cli.errors import LockBusy
from avwap_cli.exchange.in_process import InProcess
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.protocol.streams.frames import Close, Frame, StreamSession
from avwap_cli.market.sessions import EASTERN
from avwap_cli.stages.day.trading_ports import TradingPorts
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.trading.intents import Leg, role_of
from avwap_cli.trading.quotes import PriceBar

LOOK_EVERY_S = 20.0  # a quiet program may sleep longer, as long as nothing happens
MUTE_S = 90.0
RETRY_S = 5.0
MINUTE = timedelta(minutes=1)
BARS, NEWS = "/v2/sip", "/stream"


class Death(BaseException):
    """The process ends here."""


@dataclass
class Doom:
    """Lets a run die at one of its calls.

    Attributes:
        left: calls until then; None = it lives.
    """

    left: int | None = None

    def touch(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Death


class AtRisk:
    """A port at whose every call, before and after it, the run may die."""

    def __init__(self, port: Any, doom: Doom) -> None:
        self._port = port
        self._doom = doom

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)

        def called(*args: Any, **options: Any) -> Any:
            self._doom.touch()
            answer = found(*args, **options)
            self._doom.touch()
            return answer

        return called if callable(found) else found


@dataclass
class Wire:
    """The way to the exchange: a run may die before a request or after its answer.

    Attributes:
        entered_under: entry orders that went out under a halt; there must be none.
    """

    exchange: LocalExchange
    doom: Doom
    level: Callable[[], HaltLevel]
    entered_under: list[str]

    def handle(self, request: Request) -> Answer:
        self.doom.touch()
        if request.method == "POST" and self.level() is not HaltLevel.NONE:
            made = str(json.loads(request.body).get("client_order_id"))
            role = role_of(made)
            if role is not None and role[0].leg is Leg.ENTRY:
                self.entered_under.append(made)
        answer = self.exchange.handle(request)
        self.doom.touch()
        return answer


@dataclass
class Stream:
    """The exchange's streams without sockets or threads; what is lost is only silence."""

    exchange: LocalExchange
    wanted: frozenset[str] = frozenset()
    sessions: dict[str, StreamSession] = field(default_factory=dict)
    tried_at: dict[str, datetime] = field(default_factory=dict)
    heard_at: datetime | None = None
    bars: list[PriceBar] = field(default_factory=list)
    order_news: bool = False

    def watch(self, symbols: Any) -> None:
        if frozenset(symbols) - self.wanted:
            self._drop(BARS)
        self.wanted = frozenset(symbols)

    def take(self) -> tuple[list[PriceBar], bool]:
        self._pump()
        for path in (NEWS, BARS) if self.wanted else (NEWS,):
            self._keep_open(path)
        self._pump()
        bars, self.bars = [b for b in self.bars if b.symbol in self.wanted], []
        news, self.order_news = self.order_news, False
        return bars, news

    def silent_s(self) -> float:
        if self.heard_at is None:
            return math.inf
        return (self.exchange.now() - self.heard_at).total_seconds()

    def close(self) -> None:
        for path in tuple(self.sessions):
            self._drop(path)

    def _keep_open(self, path: str) -> None:
        now = self.exchange.now()
        tried = self.tried_at.get(path)
        open_ = self.sessions.get(path)
        hears = path != BARS or min(self.silent_s(), _seconds(now, tried)) < MUTE_S
        if open_ is not None and not open_.closed and hears:
            return
        if tried is not None and _seconds(now, tried) < RETRY_S:
            return
        self._drop(path)
        self.tried_at[path] = now
        headers = {"content-type": "application/msgpack"} if path == BARS else {}
        session = self.exchange.connect(path, headers)
        if isinstance(session, Answer):
            return
        self.sessions[path] = session
        self._read(path, self.exchange.opened(session))
        keys = self.exchange.keys
        login = {"action": "auth", "key": keys.key_id, "secret": keys.secret}
        if path == BARS:
            listen: dict[str, Any] = {"action": "subscribe", "bars": sorted(self.wanted)}
        else:
            listen = {"action": "listen", "data": {"streams": ["trade_updates"]}}
        for message in (login, listen):
            data = msgpack.packb(message) if path == BARS else json.dumps(message)
            self._read(path, self.exchange.receive(session, data))

    def _pump(self) -> None:
        for session, frames in self.exchange.pump(list(self.sessions.values())):
            path = next(p for p, s in self.sessions.items() if s is session)
            self._read(path, frames)

    def _read(self, path: str, frames: list[Frame]) -> None:
        for frame in frames:
            if isinstance(frame, Close):
                self._drop(path)
            elif path == NEWS:
                self.order_news = True
            elif isinstance(frame, bytes):
                self._take(msgpack.unpackb(frame, timestamp=0))

    def _take(self, messages: list[Mapping[str, Any]]) -> None:
        for message in messages:
            if message.get("T") == "b":
                self.heard_at = self.exchange.now()
                start = message["t"].to_datetime().astimezone(EASTERN)
                bar = bar_of(str(message["S"]), message, start, MINUTE)
                if bar is not None:
                    self.bars.append(bar)

    def _drop(self, path: str) -> None:
        session = self.sessions.pop(path, None)
        if session is not None:
            self.exchange.disconnect(session)


def _seconds(now: datetime, moment: datetime | None) -> float:
    return math.inf if moment is None else (now - moment).total_seconds()


@dataclass(order=True)
class Due:
    """Something that is to happen; `is_program` only where no program is in the midst of a pass."""

    at: datetime
    number: int
    is_program: bool = field(compare=False)
    does: Callable[[], None] = field(compare=False)


class Agenda:
    """What happens while programs sleep."""

    def __init__(self, exchange: LocalExchange) -> None:
        self._exchange = exchange
        self._due: list[Due] = []
        self._number = 0

    def add(self, at: datetime, does: Callable[[], None], *, is_program: bool) -> None:
        self._number += 1
        heapq.heappush(self._due, Due(at, self._number, is_program, does))

    def clear(self) -> None:
        self._due.clear()

    def advance(self, until: datetime, *, programs: bool) -> None:
        """Let time pass to then; what is due on the way may take longer."""
        while True:
            ripe = [d for d in self._due if d.at <= until and (programs or not d.is_program)]
            if not ripe:
                break
            first = min(ripe)
            self._due.remove(first)
            heapq.heapify(self._due)
            self._step_to(first.at)
            first.does()
        self._step_to(until)

    def _step_to(self, moment: datetime) -> None:
        if moment > self._exchange.now():
            self._exchange.step_to(moment)


@dataclass
class StageClock:
    """A stage's time: while it sleeps, the world goes on, the other programs included.

    Args:
        between: what another process may do in the meantime.
        stream: told of an order's news too, as a look by REST would have found them.
    """

    soaked: SoakRig
    between: Callable[[], None]
    stream: Stream | None = None

    def now(self) -> datetime:
        return self.soaked.exchange.now()

    def sleep(self, seconds: float) -> None:
        rig = self.soaked
        until = self.now() + timedelta(seconds=seconds)
        while self.now() < until:
            known = len(rig.exchange.venue.events)
            ahead = min(until, self.now() + timedelta(seconds=LOOK_EVERY_S))
            rig.agenda.advance(ahead, programs=rig.depth == 1)
            self.between()
            if len(rig.exchange.venue.events) != known:
                if self.stream is not None:
                    self.stream.order_news = True
                return


@dataclass
class WaitClock:
    """An adapter's time: in the midst of a pass only the market and persons go on."""

    soaked: SoakRig

    def now(self) -> datetime:
        return self.soaked.exchange.now()

    def sleep(self, seconds: float) -> None:
        began = self.now()
        self.soaked.agenda.advance(began + timedelta(seconds=seconds), programs=False)
        self.soaked.blind.append((began, self.now()))


class SoakRig(Rig):
    """A rig whose programs may die, and which counts what went out.

    Attributes:
        depth: runs under way, one within another's sleep.
        blind: stretches in which no program looked: dead, or waiting for an answer.
        entered_under: entries that were sent under a halt.
        deaths: how many runs died.
    """

    def __init__(self, *args: Any, seed: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.agenda = Agenda(self.exchange)
        self.chance = random.Random(f"programs {seed}")
        self.depth = 0
        self.blind: list[tuple[datetime, datetime]] = []
        self.entered_under: list[str] = []
        self.deaths = 0
        self._locked = False

    @contextmanager
    def _account(self) -> Iterator[None]:
        if self._locked:
            raise LockBusy("another run has the account", "try again in a moment")
        self._locked = True
        try:
            yield
        finally:
            self._locked = False

    @contextmanager
    def run(self, longest: int | None, *, streams: bool = False) -> Iterator[TradingPorts]:
        """The ports of one run, which dies within so many calls (None = never)."""
        doom = Doom(None if longest is None else self._calls(longest))
        ledger, clock = self._ledger(), WaitClock(self)
        keys = self.exchange.keys
        to = (self.rules.broker, keys.key_id, keys.secret, clock)
        wire = InProcess(Wire(self.exchange, doom, lambda: self.halt, self.entered_under))
        stream = Stream(self.exchange) if streams else None
        self.depth += 1
        try:
            yield TradingPorts(
                broker=AlpacaBroker(*to, transport=wire),
                quotes=AlpacaQuotes(*to, transport=wire),
                ledger=AtRisk(ledger, doom),
                store=AtRisk(self.store, doom),
                notifier=AtRisk(self.told, doom),
                clock=StageClock(self, self.other if self.depth > 1 else _nothing, stream),
                account_lock=self._account,
                halt_file=lambda: self.halt,
                progress=Silent(),
                feed=stream,
            )
        except Death:
            self.deaths += 1
            raise
        finally:
            self.depth -= 1
            ledger.close()
            if stream is not None:
                stream.close()

    def _calls(self, longest: int) -> int:
        return int(math.exp(self.chance.uniform(0, math.log(longest))))

    def other(self) -> None:
        """While `enter` sleeps, another process makes a pass now and then."""
        if self.depth == 2 and self.chance.random() < 0.15:
            self.once()

    def once(self) -> None:
        """One pass by a process of its own."""
        from avwap_cli.errors import BrokerError
        from avwap_cli.stages.day.monitor import run_monitor

        try:
            with self.run(None) as ports:
                run_monitor(ports, self.request(once=True))
        except (BrokerError, LockBusy):
            return


def _nothing() -> None: ...
