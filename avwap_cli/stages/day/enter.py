"""The enter stage: tonight's plans become orders, one group at a time.

1. Read the frozen plans of the group; ask the market for what its gates need.
2. In a pass: ledger and broker agree?  Then candidate by candidate, by rank: gates, size,
   intent, order.  Each order counts before the next candidate is judged.
3. Go on making passes until the group's entries are over and protected (before the open:
   until the broker has them), at most `entry.passes_s`; monitor goes on from there.

A denial is a fact of the ledger; those that nothing can mend are not asked about again
(`trading.attempts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from avwap_cli.errors import BrokerError, Halted, LedgerDiffers, LockBusy
from avwap_cli.stages.day.acting import Actor
from avwap_cli.stages.day.day_halts import raise_day_halts
from avwap_cli.stages.day.entry_market import EntryMarket, ask_market
from avwap_cli.stages.day.frozen_plans import FrozenPlans, read_frozen
from avwap_cli.stages.day.passes import Memory, Pass, take_pass
from avwap_cli.stages.day.story import write_story
from avwap_cli.stages.day.trading_ports import TradingPorts, TradingRequest
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.attempts import attempts_of, entry_intent, why_barred
from avwap_cli.trading.books import Book
from avwap_cli.trading.day_limits import breaches
from avwap_cli.trading.entry_gates import denied
from avwap_cli.trading.entry_scenes import EntryScene
from avwap_cli.trading.facts import Denied
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import Account, BrokerClock, Transfer
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.protections import given_up
from avwap_cli.trading.steps import Send, Situation
from avwap_cli.verdicts import Denial, Gate

STAGE = "enter"


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the broker says of account and day, asked before a pass."""

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
    tried = [attempts_of(plan, book) for plan in run.frozen.plans]
    asked = [t.plan for t in tried if not t.rests and not t.is_settled(request.rules.entry)]
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
    account_state = AccountState(
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
        enter=partial(_enter, ports, request, run, asked, market, account_state),
    )


def _enter(
    ports: TradingPorts,
    request: TradingRequest,
    run: Run,
    asked: Sequence[Plan],
    market: EntryMarket,
    account_state: AccountState,
    situation: Situation,
    actor: Actor,
) -> None:
    """Judge the candidates that the market was asked about by rank, and send those that pass.

    Each is judged at its own moment, once a request may go out at once: the pass may have
    waited for its answers, and a limit of requests must not hold back what was decided.
    """
    for plan in asked:
        book = run.memory.folding.of(ports.ledger)
        tried, key = attempts_of(plan, book), (plan.symbol, plan.strategy)
        if tried.is_settled(request.rules.entry):
            continue
        again = tried.to_resend(situation)
        if again is None and (key in run.tried or tried.is_working):
            continue
        ports.broker.ready()
        current = replace(situation, now=ports.clock.now(), halt=actor.halt.level())
        scene = _scene(run, market, account_state, current, book, plan, again)
        denial = denied(plan, scene, request.rules)
        if denial is not None:
            _deny(ports, request, run, plan, denial)
            if again is not None:
                actor.act(given_up(again, ports.clock.now(), f"denied: {denial.gate}"))
            continue
        run.denials.pop(key, None)
        intent = again.intent if again is not None else entry_intent(plan, scene, request.rules)
        run.tried.add(key)
        actor.act(Send(intent))
        _halt_on_refusals(ports, request, run, account_state)


def _halt_on_refusals(
    ports: TradingPorts, request: TradingRequest, run: Run, account_state: AccountState
) -> None:
    """The order just refused may have been one too many for the next candidate."""
    book = run.memory.folding.of(ports.ledger)
    known = (account_state.account, account_state.transfers)
    now = ports.clock.now()
    ports.ledger.append(*breaches(*known, book, request.session, now, request.rules.risk))


def _scene(
    run: Run,
    market: EntryMarket,
    account_state: AccountState,
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
        clock=account_state.clock,
        clock_heard_at=account_state.clock_heard_at,
        broker_hours=account_state.hours,
        scanned=run.frozen.scanned,
        book=book,
        view=situation.view,
        agreement=situation.agreement,
        account=account_state.account,
        account_at=account_state.account_at,
        transfers=account_state.transfers,
        asset=market.assets.get(symbol),
        price=market.price(plan, check, situation.opens),
        quote=market.quotes.get(symbol),
        trade=market.trades.get(symbol),
        bars=market.bars.get(symbol, ()),
        gap=check,
        barred=why_barred(book, symbol),
        trading_halted=market.seems_halted(symbol, situation.opens, no_bar_s),
        resending="" if again is None else again.id,
    )


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
    open_ = [o for o in made if o.working]
    if situation.now < situation.opens:
        waiting = [o for o in open_ if o.state is not OrderState.OPEN]
        return not waiting and situation.agreement.clean
    return not open_ and not taken.shortfalls and situation.agreement.clean


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
            *(s.text for s in taken.shortfalls if s.pages),
        ),
        exit_code=_exit_code(taken, denials),
    )


def _counted(gates: list[Gate]) -> dict[str, int]:
    return {f"denied_{gate}": gates.count(gate) for gate in sorted(set(gates))}


def _exit_code(taken: Pass, gates: list[Gate]) -> int:
    if taken.situation.agreement.standing or Gate.NOT_RECONCILED in gates:
        return LedgerDiffers.exit_code
    return Halted.exit_code if Gate.HALTED in gates else 0
