"""The monitor stage: watches the session, decides exits, and leaves stops for the night.

It makes passes until the session is over: every two seconds while something is under way,
else every twenty.  A broker that does not answer is told of and asked again; a decision is
made only on answers.  Killed at any moment, the next one goes on from ledger and broker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from avwap_cli import playbook
from avwap_cli.errors import AvwapError, BrokerError, LedgerDiffers, LockBusy
from avwap_cli.market import sessions
from avwap_cli.stages.day.day_halts import raise_day_halts
from avwap_cli.stages.day.host_clock import HostClock
from avwap_cli.stages.day.passes import Memory, Pass, take_pass
from avwap_cli.stages.day.story import write_story
from avwap_cli.stages.day.trading_ports import TradingPorts, TradingRequest
from avwap_cli.stages.day.watching import Watching
from avwap_cli.stages.evening.exit_plans import Reasons, reasons_planned
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.exits import Disagreement, ToLeave, ToTrim, Watch, decide
from avwap_cli.trading.facts import Decision, EquityClose, HaltLevel, Mark, Notice
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import ZERO
from avwap_cli.trading.positions import Position
from avwap_cli.trading.protections import day_stops, level_of, standing_stop
from avwap_cli.trading.steps import Page, Settle, Situation, Step

STAGE = "monitor"
LISTEN_S = 0.5
LIMITS_EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class Run:
    """One run of monitor.

    Attributes:
        planned: (strategy, symbol) -> why it is closed at the open; None until read.
        planned_whole: whether the evening's document was there; it is looked for until it is.
        limits_at: when the account's losses were looked at last.
        failures: passes in a row without an answer.
        notices: how many the session's folder told of when it was written last.
        before: how much the ledger held when the run began.
    """

    memory: Memory = field(default_factory=Memory)
    watching: Watching = field(default_factory=Watching)
    planned: Reasons | None = None
    planned_whole: bool = False
    clock: HostClock = field(default_factory=HostClock)
    limits_at: datetime | None = None
    passes: int = 0
    failures: int = 0
    notices: int = 0
    before: tuple[int, ...] = ()
    warnings: list[str] = field(default_factory=list)


def run_monitor(ports: TradingPorts, request: TradingRequest) -> Outcome:
    """Watch one session to its end, or make one pass.

    Raises:
        BrokerError: `once`, and the broker did not answer.
        LedgerError: nothing can be made durable, so nothing may be sent.
    """
    run, taken = Run(), None
    run.memory.folding.of(ports.ledger)
    run.before = run.memory.folding.counts
    while True:
        taken = _pass(ports, request, run) or taken
        if not request.once:
            _close_day(ports, request)
            _tell_story(ports, request, run)
        if request.once or _is_over(ports, request, run, taken):
            break
        _rest(ports, run, _pause(ports, request, taken, run))
    return _outcome(ports, request, run, taken)


def _pass(ports: TradingPorts, request: TradingRequest, run: Run) -> Pass | None:
    """One pass; None where the broker did not answer or another has the account."""
    run.passes += 1
    try:
        held = sorted({p.symbol for p in run.memory.folding.of(ports.ledger).open})
        run.watching.look(ports, request.rules, held)
        _remember_prices(run)
        _limits(ports, request, run)
        run.memory.broker_open = run.clock.says_open(ports, request, run.memory.folding)
        taken = take_pass(
            ports, request, run.memory, decide=partial(_decisions, ports, request, run)
        )
    except LockBusy:
        if request.once:
            raise
        return None
    except BrokerError as problem:
        if request.once:
            raise
        _unanswered(ports, request, run, problem)
        return None
    run.watching.decided(held)
    _answered(ports, request, run)
    return taken


def _remember_prices(run: Run) -> None:
    for symbol in {*run.watching.bars, *run.watching.trades}:
        bar, trade = run.watching.last_of(symbol)
        known = [(bar.end, bar.close)] if bar is not None else []
        known += [(trade.at, trade.price)] if trade is not None else []
        if known:
            at, price = max(known)
            run.memory.lasts[symbol] = (price, at)


def _limits(ports: TradingPorts, request: TradingRequest, run: Run) -> None:
    now = ports.clock.now()
    if run.limits_at is not None and now - run.limits_at < LIMITS_EVERY:
        return
    run.limits_at = now
    try:
        raise_day_halts(ports, request, run.memory.folding)
    except BrokerError as problem:  # no reason to leave a position without its stop
        ports.progress.say(f"the account's losses could not be looked at: {problem}")


def _decisions(
    ports: TradingPorts, request: TradingRequest, run: Run, situation: Situation
) -> Iterator[Step]:
    """What to do about each position by price and by plan; and its new extremes."""
    if not run.planned_whole:
        run.planned, notes = reasons_planned(
            ports.store, request.session, situation.book.open, request.strategies
        )
        run.planned_whole = not notes
        run.warnings += [note for note in notes if note not in run.warnings]
    for position in situation.book.open:
        unsure = situation.agreement.doubtful | situation.unagreed
        if position.symbol in unsure:
            continue
        yield from _marks(situation, run, position)
        if position.decided(Leg.EXIT) is None:
            yield from _decided(situation, run, position)


def _marks(situation: Situation, run: Run, position: Position) -> Iterator[Step]:
    bars = [b for b in run.watching.seen(position.symbol) if b.start >= position.entered_at]
    if not bars:
        return
    high, low = max(b.high for b in bars), min(b.low for b in bars)
    if high > position.high or low < position.low:
        now, session = situation.now, situation.session
        yield Settle(Mark(now, session, position.strategy, position.symbol, high, low))


def _decided(situation: Situation, run: Run, position: Position) -> Iterator[Step]:
    found = decide(position, _watch(situation, run, position), situation.rules.exit)
    key = (situation.now, situation.session, position.strategy, position.symbol)
    if isinstance(found, ToLeave):
        yield Settle(Decision(*key, Leg.EXIT, found.reason, found.price, None))
    elif isinstance(found, ToTrim):
        yield Settle(Decision(*key, found.leg, found.reason, found.price, found.shares))
    elif isinstance(found, Disagreement):
        yield Page("average", position.symbol, found.text)


def _watch(situation: Situation, run: Run, position: Position) -> Watch:
    symbol = position.symbol
    _, trade = run.watching.last_of(symbol)
    there = situation.view.positions.get(symbol)
    return Watch(
        now=situation.now,
        session=situation.session,
        market_open=situation.is_open,
        bars=run.watching.recent(symbol, situation.now),
        last_trade=trade,
        live_stop=standing_stop(situation, position),
        level=level_of(situation, position),
        broker_avg=None if there is None else there.avg_price,
        planned=(run.planned or {}).get((position.strategy, symbol)),
        flatten=situation.halt is HaltLevel.FLATTEN,
        trimming=bool(situation.live(symbol, Leg.TRIM1, Leg.TRIM2)),
    )


def _unanswered(
    ports: TradingPorts, request: TradingRequest, run: Run, problem: BrokerError
) -> None:
    run.failures += 1
    ports.progress.say(f"the broker did not answer: {problem}")
    if run.failures == 1:
        _tell(ports, request, f"no pass could be made: {problem}", begins=True)


def _answered(ports: TradingPorts, request: TradingRequest, run: Run) -> None:
    run.failures = 0
    if "broker" in run.memory.folding.of(ports.ledger).states:
        _tell(ports, request, "the broker answers again", begins=False)


def _tell(ports: TradingPorts, request: TradingRequest, text: str, *, begins: bool) -> None:
    now = ports.clock.now()
    notice = Notice(now, request.session, "broker", "broker", text, page=begins, begins=begins)
    if ports.ledger.append(notice):
        ports.notifier.tell(notice)


def _is_over(ports: TradingPorts, request: TradingRequest, run: Run, taken: Pass | None) -> bool:
    now, closes = ports.clock.now(), sessions.closes_at(request.session)
    if now >= playbook.stage("monitor").closes.on(request.session):
        return True
    if taken is None or run.failures or taken.situation.now < closes:
        return False
    in_work = taken.busy or taken.shortfalls or day_stops(taken.situation)
    return not in_work and taken.situation.agreement.clean


def _pause(ports: TradingPorts, request: TradingRequest, taken: Pass | None, run: Run) -> float:
    """Seconds to the next pass; never across the open or the close."""
    policy, now = request.rules.monitor, ports.clock.now()
    opens, closes = sessions.opens_at(request.session), sessions.closes_at(request.session)
    since_open = (now - opens).total_seconds()
    busy = taken is None or taken.busy or 0 <= since_open < policy.busy_for_s
    pause = policy.busy_s if busy and not run.failures else policy.idle_s
    for moment in (opens, closes):
        ahead = (moment - now).total_seconds()
        if 0 < ahead < pause:
            pause = ahead
    return pause


def _rest(ports: TradingPorts, run: Run, seconds: float) -> None:
    """Wait for the next pass; pushed news of an order ends the wait."""
    if ports.feed is None:
        ports.clock.sleep(seconds)
        return
    until = ports.clock.now() + timedelta(seconds=seconds)
    while (left := (until - ports.clock.now()).total_seconds()) > 0:
        ports.clock.sleep(min(left, LISTEN_S))
        if run.watching.hears_of_orders(ports.feed):
            return


def _close_day(ports: TradingPorts, request: TradingRequest) -> None:
    """The session's closing equity, once; without an answer there is none."""
    now, session = ports.clock.now(), request.session
    facts = ports.ledger.facts()
    if now < sessions.closes_at(session) or any(c.session == session for c in facts.closes):
        return
    before = [c.at for c in facts.closes]
    since = max(before, default=sessions.closes_at(sessions.previous_session(session)))
    try:
        account, moved = ports.broker.account(), ports.broker.transfers(since)
    except BrokerError as problem:
        ports.progress.say(f"the closing equity is not known: {problem}")
        return
    paid = sum((t.amount_usd for t in moved if t.at > since), ZERO)
    ports.ledger.append(*moved, EquityClose(now, session, account.equity, paid))


def _tell_story(ports: TradingPorts, request: TradingRequest, run: Run) -> None:
    """The session's folder tells at once what people were told; watching does not depend on it."""
    book = run.memory.folding.of(ports.ledger)
    if len(book.notices) == run.notices:
        return
    try:
        write_story(ports.store, book, request.session)
    except AvwapError as problem:
        ports.progress.say(f"the session's folder could not be written: {problem}")
        return
    run.notices = len(book.notices)


def _outcome(ports: TradingPorts, request: TradingRequest, run: Run, taken: Pass | None) -> Outcome:
    book = run.memory.folding.of(ports.ledger)
    outputs = write_story(ports.store, book, request.session)
    exits = [o for o in book.orders.values() if o.leg is not Leg.ENTRY and o.leg is not Leg.STOP]
    today = [o for o in exits if o.intent.role.session == request.session and o.filled]
    differs = taken is not None and bool(taken.situation.agreement.standing)
    bare = [s.text for s in taken.shortfalls if s.pages] if taken is not None else []
    standing = [d.text for d in taken.situation.agreement.standing] if taken is not None else []
    summary = f"{len(book.open)} positions held, {len(today)} exits today"
    changed = run.memory.folding.has_grown(ports.ledger, run.before)
    return Outcome(
        stage=STAGE,
        trade_session=request.session,
        state=State.DONE if changed else State.UNCHANGED,
        summary=summary if changed else f"{summary}; nothing changed",
        counts={"positions": len(book.open), "exits": len(today), "passes": run.passes},
        outputs=outputs,
        warnings=(*run.warnings, *run.watching.notes, *standing, *bare),
        exit_code=LedgerDiffers.exit_code if differs else 0,
    )
