"""One pass over the broker: read, append what is new, agree, take every step one on, check.

`enter` and `monitor` differ in what they add to a pass (candidates, or exits by price); all
else, and so every recovery, is the same.  A pass holds the account's lock from its first
question to its last request and never waits inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from avwap_cli.market import sessions
from avwap_cli.stages.day.acting import Actor
from avwap_cli.stages.day.broker_reading import read_view
from avwap_cli.stages.day.folding import Folding
from avwap_cli.stages.day.halt_levels import HaltReader
from avwap_cli.stages.day.split_days import (
    STOP_LEAVES_BEFORE_CLOSE,
    SplitWatch,
    take_residues,
    take_splits,
)
from avwap_cli.stages.day.trading_ports import TradingPorts, TradingRequest
from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import RunStarted
from avwap_cli.trading.intents import Leg, role_of
from avwap_cli.trading.notices import QUIET, notices_of, suspicion
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import BrokerOrder, Status
from avwap_cli.trading.reconciliation import (
    Agreement,
    agreement,
    differences,
    news,
)
from avwap_cli.trading.safety_checks import Shortfall, shortfalls
from avwap_cli.trading.steps import Situation, Step
from avwap_cli.trading.symbol_steps import symbol_steps
from avwap_cli.trading.views import View

ROUNDS = 4  # steps of one symbol in one pass that went no further than the ledger
THOROUGH_EVERY = timedelta(minutes=5)


@dataclass(slots=True)
class Memory:
    """What one run remembers between its passes; to lose it costs time, never safety.

    Attributes:
        first_seen: key of a difference -> when, for as long as every reading showed it.
        thorough_at: when all recent orders were read last.
        unknown: ours that have ended and that the ledger lacked then; no later reading shows them.
        lasts: symbol -> (last price, when).
        splits: which were asked for, and what splits next.
        broker_open: False = the broker said that its market is closed.
        acted: whether the ledger knows of this run.
    """

    first_seen: dict[str, datetime] = field(default_factory=dict)
    thorough_at: datetime | None = None
    unknown: Mapping[str, BrokerOrder] = field(default_factory=dict)
    lasts: dict[str, tuple[Decimal, datetime]] = field(default_factory=dict)
    splits: SplitWatch = field(default_factory=SplitWatch)
    folding: Folding = field(default_factory=Folding)
    broker_open: bool = True
    acted: bool = False


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass saw and left.

    Attributes:
        situation: as it was at the end.
        shortfalls: positions not protected for exactly their quantity.
        busy: an order works, or a question is open: the next pass comes soon.
    """

    situation: Situation
    shortfalls: tuple[Shortfall, ...]
    busy: bool


Decide = Callable[[Situation], Iterable[Step]]
Enter = Callable[[Situation, Actor], None]


def take_pass(
    ports: TradingPorts,
    request: TradingRequest,
    memory: Memory,
    *,
    decide: Decide | None = None,
    enter: Enter | None = None,
) -> Pass:
    """One pass.

    1. Ledger, then broker: orders, positions, fills; all of it or an exception.
    2. What is new is appended; a fill by hand only where it explains a difference.
    3. Splits that are due are taken; differences counted.
    4. `decide` adds decisions; every symbol takes its next step; `enter` makes entries.
    5. Gaps in the protection, differences and fills become notices.

    Raises:
        LockBusy: somebody else has the account.
        BrokerError: a question had no answer; nothing was decided.
        LedgerError: the disk; nothing was sent.
    """
    with ports.account_lock():
        now = ports.clock.now()
        view, book = _read(ports, request, memory, now)
        take_splits(ports, request, memory.splits, book)
        take_residues(ports, memory.folding.of(ports.ledger), view, now)
        situation = _situation(ports, request, memory, view, now)
        bare = [lack for lack in shortfalls(situation) if lack.pages]
        run = None if memory.acted else _run(ports, request, now)
        actor = Actor(ports.broker, ports.ledger, ports.clock, _halt(ports, request), run)
        for step in decide(situation) if decide is not None else ():
            actor.act(step)
        situation = _again(ports, memory, situation)
        for symbol in _symbols(situation):
            situation = _walk(ports, memory, situation, actor, symbol)
        if enter is not None:
            enter(situation, actor)
            situation = _again(ports, memory, situation)
        return _ended(ports, memory, situation, actor, bare)


def _run(ports: TradingPorts, request: TradingRequest, now: datetime) -> RunStarted:
    stage = f"enter-{request.group}" if request.group else "monitor"
    return RunStarted(now, request.session, stage, ports.pid)


def _read(
    ports: TradingPorts, request: TradingRequest, memory: Memory, now: datetime
) -> tuple[View, Book]:
    book = memory.folding.of(ports.ledger)
    since = None
    if memory.thorough_at is None or now - memory.thorough_at >= THOROUGH_EVERY:
        since = sessions.closes_at(sessions.previous_session(request.session))
    view = read_view(ports.broker, book, request.session, now, since)
    if since is not None:
        memory.thorough_at = now
        memory.unknown = {o.id: o for o in view.orders.values() if _is_unknown(o, book)}
    view = replace(view, orders={**memory.unknown, **view.orders})
    for heard in news(view, now, lambda: memory.folding.of(ports.ledger)):
        ports.ledger.append(*heard)
    return view, memory.folding.of(ports.ledger)


def _is_unknown(order: BrokerOrder, book: Book) -> bool:
    ours = role_of(order.client_id) is not None
    return ours and order.status.final and order.client_id not in book.orders


def _situation(
    ports: TradingPorts, request: TradingRequest, memory: Memory, view: View, now: datetime
) -> Situation:
    book, session = memory.folding.of(ports.ledger), request.session
    closes = sessions.closes_at(session)
    leaving = now >= closes - STOP_LEAVES_BEFORE_CLOSE
    return Situation(
        now=now,
        session=session,
        opens=sessions.opens_at(session),
        closes=closes,
        book=book,
        view=view,
        agreement=_agreement(request, memory, book, view, now),
        rules=request.rules,
        halt=_halt(ports, request).level(),
        lasts=dict(memory.lasts),
        leaving_by_split=memory.splits.next_session if leaving else frozenset(),
        unagreed=_unagreed(book, view, session),
        broker_open=memory.broker_open,
    )


def _agreement(
    request: TradingRequest, memory: Memory, book: Book, view: View, now: datetime
) -> Agreement:
    found = differences(book, view)
    keys = {d.key for d in found}
    for key in [k for k in memory.first_seen if k not in keys]:
        del memory.first_seen[key]
    for key in keys:
        told = book.states.get(suspicion(key))
        memory.first_seen.setdefault(key, now if told is None else told.at)
    risk = request.rules.risk
    return agreement(
        found, memory.first_seen, now, risk.recheck_after_s, risk.max_differing_symbols
    )


def _halt(ports: TradingPorts, request: TradingRequest) -> HaltReader:
    return HaltReader(ports.ledger, ports.halt_file, request.session)


def _unagreed(book: Book, view: View, session: date) -> frozenset[str]:
    """Symbols that split today and whose quantity at the broker is not the new one."""
    today = {s.symbol for s in book.splits if s.first_session == session}
    return frozenset(s for s in today if book.held(s) != view.held(s))


def _again(ports: TradingPorts, memory: Memory, situation: Situation) -> Situation:
    return replace(situation, book=memory.folding.of(ports.ledger))


def _symbols(situation: Situation) -> list[str]:
    """Symbols with anything to be looked after, held ones first."""
    held = {p.symbol for p in situation.book.open}
    working = {o.symbol for o in situation.book.working}
    return [*sorted(held), *sorted(working - held)]


def _walk(
    ports: TradingPorts, memory: Memory, situation: Situation, actor: Actor, symbol: str
) -> Situation:
    for _ in range(ROUNDS):
        steps = symbol_steps(situation, symbol)
        goes_on = [actor.act(step) for step in steps]
        if steps:
            situation = _again(ports, memory, situation)
        if not any(goes_on):
            break
    return situation


def _ended(
    ports: TradingPorts,
    memory: Memory,
    situation: Situation,
    actor: Actor,
    bare: Iterable[Shortfall],
) -> Pass:
    """Tell what is to be told.

    Also of a shortfall too old when the pass found it, and closed since: nobody was there to
    tell of it in time.
    """
    found = shortfalls(situation)
    open_still = {lack.symbol for lack in found}
    closed = [lack for lack in bare if lack.symbol not in open_still]
    for notice in notices_of(situation, (*found, *closed), actor.pages):
        if ports.ledger.append(notice) and notice.kind not in QUIET:
            ports.notifier.tell(notice)
    memory.acted = memory.acted or bool(actor.acts)
    situation = _again(ports, memory, situation)
    in_work = any(not lack.pages for lack in found)  # of the others somebody has been told
    busy = bool(actor.acts or in_work or situation.agreement.fresh)
    return Pass(situation, found, busy or any(map(_is_under_way, situation.book.working)))


def _is_under_way(record: OrderRecord) -> bool:
    """Whether something is to be heard of it soon: anything but a stop at rest."""
    if record.state is OrderState.OPEN and record.report is not None:
        return record.leg is not Leg.STOP or record.report.status is not Status.NEW
    return record.unsettled
