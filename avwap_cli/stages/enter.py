"""The enter stage: tonight's plans become orders, one group at a time.

1. Read the frozen plans of the group; ask the market for what its gates need.
2. In a pass: ledger and broker agree?  Then candidate by candidate, by rank: gates, size,
   intent, order.  Each order counts before the next candidate is judged.
3. Go on making passes until the group's entries are over and protected (before the open:
   until the broker has them), at most `entry.passes_s`; monitor goes on from there.

A denial is a fact of the ledger; those that time cannot mend are not asked about again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from avwap_cli.errors import BrokerError, Halted, LedgerDiffers, LockBusy
from avwap_cli.market import sessions
from avwap_cli.stages.acting import Actor
from avwap_cli.stages.day_halts import raise_day_halts
from avwap_cli.stages.entry_market import EntryMarket, ask_market
from avwap_cli.stages.frozen_plans import FrozenPlans, read_frozen
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.stages.passes import Memory, Pass, take_pass
from avwap_cli.stages.story import write_story
from avwap_cli.stages.trading_ports import TradingPorts, TradingRequest
from avwap_cli.trading.account_gates import BOH
from avwap_cli.trading.books import Book
from avwap_cli.trading.confirmations import entry_limit
from avwap_cli.trading.entry_gates import denied
from avwap_cli.trading.entry_scenes import EntryScene, sized
from avwap_cli.trading.facts import Denied, Ending
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import Account, BrokerClock, OrderKind, TimeInForce, Transfer
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.protections import given_up
from avwap_cli.trading.refusals import RefusalName
from avwap_cli.trading.steps import Send, Situation, next_id
from avwap_cli.verdicts import Denial, Gate

STAGE = "enter"

PASSING = frozenset(
    {
        Gate.HALTED,
        Gate.CLOCK,
        Gate.WINDOW,
        Gate.NOT_RECONCILED,
        Gate.UNRESOLVED,
        Gate.ORDER_RESTING,
        Gate.STALE_QUOTE,
        Gate.CROSSED_QUOTE,
        Gate.TRADING_HALT,
    }
)


@dataclass(frozen=True, slots=True)
class Counter:
    """What the broker says of account and day, asked once before a pass."""

    account: Account
    account_at: datetime
    transfers: Sequence[Transfer]
    clock: BrokerClock
    clock_heard_at: datetime
    hours: tuple[datetime, datetime] | None


@dataclass(slots=True)
class Run:
    """One run of enter.

    Attributes:
        tried: (symbol, strategy) of which this run has made an order; one attempt a run.
        before: how much the ledger held when the run began.
    """

    frozen: FrozenPlans
    memory: Memory = field(default_factory=Memory)
    tried: set[tuple[str, str]] = field(default_factory=set)
    before: tuple[int, ...] = ()
    denials: dict[tuple[str, str], Denial] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def run_enter(ports: TradingPorts, request: TradingRequest) -> Outcome:
    """Enter one group of one session.

    Raises:
        MissingInput, DamagedInput, SchemaMismatch: the plan cannot be read.
        BrokerError: the broker did not answer the first pass; nothing was entered.
        LockBusy: somebody else has the account.
        LedgerError: nothing can be made durable, so nothing was sent.
    """
    frozen = read_frozen(
        ports.store, request.session, request.group, request.strategies, request.regimes
    )
    run = Run(frozen)
    until = ports.clock.now() + timedelta(seconds=request.rules.entry.passes_s)
    run.memory.folding.of(ports.ledger)
    run.before = run.memory.folding.counts
    taken = _pass(ports, request, run)
    while not _is_over(request, taken) and ports.clock.now() < until and not request.once:
        ports.clock.sleep(request.rules.entry.pass_every_s)
        try:
            taken = _pass(ports, request, run)
        except (BrokerError, LockBusy) as problem:
            ports.progress.say(f"a pass could not be made: {problem}")
    return _outcome(ports, request, run, taken)


def _pass(ports: TradingPorts, request: TradingRequest, run: Run) -> Pass:
    book = run.memory.folding.of(ports.ledger)
    asked = [p for p in run.frozen.plans if _is_to_be_judged(p, book, request)]
    if not asked:
        return take_pass(ports, request, run.memory)
    market = ask_market(ports, request, asked)
    run.warnings += [w for w in market.warnings if w not in run.warnings]
    for plan in asked:
        price = market.trades.get(plan.symbol)
        if price is not None:
            run.memory.lasts[plan.symbol] = (price.price, price.at)
    account_at = ports.clock.now()
    account = raise_day_halts(ports, request, run.memory.folding)
    counter = Counter(
        account,
        account_at,
        tuple(ports.ledger.facts().transfers),
        ports.broker.clock(),
        ports.clock.now(),
        ports.broker.hours(request.session),
    )
    return take_pass(
        ports,
        request,
        run.memory,
        enter=partial(_enter, ports, request, run, asked, market, counter),
    )


def _enter(
    ports: TradingPorts,
    request: TradingRequest,
    run: Run,
    asked: Sequence[Plan],
    market: EntryMarket,
    counter: Counter,
    situation: Situation,
    actor: Actor,
) -> None:
    """Judge the candidates that the market was asked about by rank, and send those that pass."""
    for plan in asked:
        book = run.memory.folding.of(ports.ledger)
        if _is_settled(plan, book, request):
            continue
        again = _to_resend(plan, book, situation, request)
        key = (plan.symbol, plan.strategy)
        if again is None and (key in run.tried or _is_working(plan, book, request)):
            continue
        scene = _scene(run, market, counter, situation, book, plan, again)
        denial = denied(plan, scene, request.rules)
        if denial is not None:
            _deny(ports, request, run, plan, denial)
            if again is not None:
                actor.act(given_up(again, ports.clock.now(), f"denied: {denial.gate}"))
            continue
        run.denials.pop(key, None)
        intent = again.intent if again is not None else _intent(plan, scene, request, book)
        run.tried.add(key)
        actor.act(Send(intent))


def _scene(
    run: Run,
    market: EntryMarket,
    counter: Counter,
    situation: Situation,
    book: Book,
    plan: Plan,
    again: OrderRecord | None,
) -> EntryScene:
    symbol, check = plan.symbol, run.frozen.checks.get((plan.symbol, plan.strategy))
    no_bar_s = situation.rules.exit.no_bar_s
    return EntryScene(
        now=situation.now,
        session=situation.session,
        halt=situation.halt,
        clock=counter.clock,
        clock_heard_at=counter.clock_heard_at,
        broker_hours=counter.hours,
        scanned=run.frozen.scanned,
        book=book,
        view=situation.view,
        agreement=situation.agreement,
        account=counter.account,
        account_at=counter.account_at,
        transfers=counter.transfers,
        asset=market.assets.get(symbol),
        price=market.price(plan, check, situation.opens),
        quote=market.quotes.get(symbol),
        trade=market.trades.get(symbol),
        bars=market.bars.get(symbol, ()),
        gap=check,
        barred=_barred(book, symbol),
        trading_halted=market.seems_halted(symbol, situation.opens, no_bar_s),
        resending="" if again is None else again.id,
    )


def _barred(book: Book, symbol: str) -> str:
    """Why the symbol takes no new entries: the broker refused it a stop that rests overnight."""
    for record in book.orders_of(symbol, Leg.STOP):
        name = record.answer.name if record.answer is not None else ""
        if name == RefusalName.HARD_TO_BORROW_DAY_ONLY:
            return f"{record.id} was refused: {record.answer.text if record.answer else ''}"
    return ""


def _intent(plan: Plan, scene: EntryScene, request: TradingRequest, book: Book) -> Intent:
    role = Role(request.session, plan.strategy, plan.symbol, plan.direction, Leg.ENTRY)
    price = scene.price or Decimal(0)
    is_limit = plan.group == BOH
    return Intent(
        id=next_id(book, role),
        role=role,
        kind=OrderKind.LIMIT if is_limit else OrderKind.MARKET,
        tif=TimeInForce.DAY,
        shares=sized(plan, scene, request.rules.risk).shares,
        limit_price=entry_limit(plan, price, request.rules.entry.breakout) if is_limit else None,
        stop_price=None,
        reason="",
        decision_price=price,
        plan=plan.text(),
        replaces=None,
        made_at=scene.now,
    )


def _entries(plan: Plan, book: Book, request: TradingRequest) -> list[OrderRecord]:
    return [
        o
        for o in book.entries_on(request.session)
        if (o.symbol, o.intent.role.strategy) == (plan.symbol, plan.strategy)
    ]


def _is_to_be_judged(plan: Plan, book: Book, request: TradingRequest) -> bool:
    """Whether a pass may send the plan; an order that the broker has is only watched."""
    rests = any(o.state is OrderState.OPEN for o in _entries(plan, book, request))
    return not rests and not _is_settled(plan, book, request)


def _is_working(plan: Plan, book: Book, request: TradingRequest) -> bool:
    """Whether an order of the plan may still trade; it is watched, not judged again."""
    made = _entries(plan, book, request)
    return any(o.may_trade or o.state is OrderState.MADE for o in made)


def _is_settled(plan: Plan, book: Book, request: TradingRequest) -> bool:
    """Whether nothing that time brings can still enter the plan in this session."""
    made = _entries(plan, book, request)
    if any(o.filled > 0 or _was_refused(o) for o in made):
        return True
    over = [o for o in made if o.state in (OrderState.FINAL, OrderState.CLOSED)]
    most = request.rules.entry.breakout.max_attempts if plan.group == BOH else 1
    if len(over) >= most:
        return True
    return any(_is_final(d, plan, request) for d in book.denials)


def _was_refused(record: OrderRecord) -> bool:
    return record.closure is not None and record.closure.ending is Ending.REFUSED


def _is_final(denial: Denied, plan: Plan, request: TradingRequest) -> bool:
    mine = (denial.session, denial.symbol, denial.strategy)
    if mine != (request.session, plan.symbol, plan.strategy):
        return False
    if plan.group == BOH and denial.gate in (Gate.NOT_CONFIRMED, Gate.NO_ROOM):
        return False
    return denial.measured is not None and denial.gate not in PASSING  # unknown may be known soon


def _to_resend(
    plan: Plan, book: Book, situation: Situation, request: TradingRequest
) -> OrderRecord | None:
    """The entry that the broker steadily does not know, or did not take: the same id again."""
    policy = request.rules.entry
    for record in _entries(plan, book, request):
        since = situation.age_s(record.sent_at)
        if record.sends > len(policy.retry_waits_s):
            continue
        if record.state is OrderState.MADE:
            if since >= policy.retry_waits_s[record.sends - 1]:
                return record
            continue
        absent = record.state is OrderState.UNKNOWN and record.id in situation.view.absent
        if absent and since >= policy.resolve_s:
            return record
    return None


def _deny(
    ports: TradingPorts, request: TradingRequest, run: Run, plan: Plan, denial: Denial
) -> None:
    run.denials[plan.symbol, plan.strategy] = denial
    ports.ledger.append(
        Denied(
            ports.clock.now(),
            request.session,
            plan.group,
            plan.strategy,
            plan.symbol,
            denial.gate,
            denial.measured,
            denial.threshold,
        )
    )


def _is_over(request: TradingRequest, taken: Pass) -> bool:
    """Whether the group's entries need no further pass of this run."""
    situation = taken.situation
    made = situation.book.entries_on(request.session)
    open_ = [o for o in made if o.may_trade or o.state is OrderState.MADE]
    if situation.now < situation.opens:
        waiting = [o for o in open_ if o.state is not OrderState.OPEN]
        return not waiting and situation.agreement.clean
    return not open_ and not taken.gaps and situation.agreement.clean


def _outcome(ports: TradingPorts, request: TradingRequest, run: Run, taken: Pass) -> Outcome:
    book = run.memory.folding.of(ports.ledger)
    outputs = write_story(ports.store, book, request.session)
    mine = {(p.symbol, p.strategy) for p in run.frozen.plans}
    made = [
        o for o in book.entries_on(request.session) if (o.symbol, o.intent.role.strategy) in mine
    ]
    filled = [o for o in made if o.filled > 0]
    working = [o for o in made if o.may_trade]
    denials = [d.gate for d in run.denials.values()]
    summary = (
        f"{request.group}: {len(run.frozen.plans)} candidates, {len(filled)} entered, "
        f"{len(working)} working, {len(denials)} denied"
    )
    changed = run.memory.folding.has_grown(ports.ledger, run.before)
    return Outcome(
        stage=STAGE,
        trade_session=request.session,
        as_of=sessions.previous_session(request.session),
        state=State.DONE if changed else State.UNCHANGED,
        summary=summary if changed else f"{summary}; nothing changed",
        counts={
            "candidates": len(run.frozen.plans),
            "entered": len(filled),
            "working": len(working),
            "gap_rejected": run.frozen.rejected,
            **_counted(denials),
        },
        outputs=outputs,
        warnings=(
            *run.warnings,
            *(d.text for d in taken.situation.agreement.standing),
            *(gap.text for gap in taken.gaps if gap.pages),
        ),
        exit_code=_exit_code(taken, denials),
    )


def _counted(gates: list[Gate]) -> dict[str, int]:
    return {f"denied_{gate}": gates.count(gate) for gate in sorted(set(gates))}


def _exit_code(taken: Pass, gates: list[Gate]) -> int:
    if taken.situation.agreement.standing or Gate.NOT_RECONCILED in gates:
        return LedgerDiffers.exit_code
    return Halted.exit_code if Gate.HALTED in gates else 0
