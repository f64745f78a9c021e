"""The account: halts, orders and positions on both sides, and the ledger's care."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from avwap_cli import playbook
from avwap_cli.errors import CannotWrite, LedgerError, UsageError
from avwap_cli.market import sessions
from avwap_cli.market.symbols import inside
from avwap_cli.stages.day.halts import HaltPorts, level_of, run_halt, run_resume
from avwap_cli.stages.day.order_book import run_accept, run_orders
from avwap_cli.stages.day.positions_view import positions_by_ledger, run_positions
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.books import fold
from avwap_cli.use_cases.conduct import conduct
from avwap_cli.use_cases.trading_day import real_only
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.trading_desk import TradingDesk


def halt(desk: Desk, level: str, why: str, *, dry_run: bool) -> Outcome:
    """Set a halt level.

    Raises:
        CannotWrite, LedgerError: it cannot be kept; the hint names the file that halts as well.
    """
    wanted = level_of(level)
    try:
        return _halting(desk, lambda ports: run_halt(wanted, why, ports), dry_run=dry_run)
    except (CannotWrite, LedgerError) as problem:
        way = f"`touch {desk.home.root / 'HALT'}` halts (reduce-only) without any of this"
        raise type(problem)(problem.message, f"{way}; {problem.hint}") from problem


def resume(desk: Desk, *, dry_run: bool) -> Outcome:
    """Lift every halt."""
    return _halting(desk, run_resume, dry_run=dry_run)


def _halting(desk: Desk, work: Callable[[HaltPorts], Outcome], *, dry_run: bool) -> Outcome:
    """Work on the ledger alone, under the halt's own lock: it waits for no pass."""
    real_only(desk, dry_run=dry_run)

    def halting() -> Outcome:
        trading = TradingDesk(desk, dry_run=dry_run)
        ledger = trading.ledger_at_hand()
        ports = HaltPorts(ledger, trading.notifier, desk.clock, desk.halt_file)
        outcome = work(ports)
        summary = f"dry run: {outcome.summary}" if dry_run else outcome.summary
        return replace(outcome, summary=summary)

    session = playbook.current_session(desk.clock.now())
    return conduct(desk, "halt", session, halting, writes=not dry_run, records=False)


def orders(desk: Desk, asked: str | None, *, verify: bool) -> Outcome:
    """Orders in the ledger and at the broker."""
    session = None if asked is None else sessions.parse_session(asked)
    return run_orders(TradingDesk(desk, looks=True).book_ports(), session, verify=verify)


def accept(desk: Desk, symbol: str, why: str, *, dry_run: bool) -> Outcome:
    """Take the broker's quantity of a symbol for right.

    Raises:
        UsageError: it is no symbol, or as `run_accept`.
    """
    wanted = inside(symbol)
    if wanted is None:
        raise UsageError(f"{symbol!r} is not a symbol", "write it as in the lists, e.g. BRK.B")
    real_only(desk, dry_run=dry_run)

    def work() -> Outcome:
        ports = TradingDesk(desk, dry_run=dry_run).book_ports()
        return run_accept(ports, wanted, why, dry_run=dry_run)

    session = playbook.current_session(desk.clock.now())
    return conduct(desk, "orders", session, work, writes=not dry_run, records=False)


def positions(desk: Desk) -> Outcome:
    """Positions in the ledger and at the broker, if one is named, and what protects them."""
    trading = TradingDesk(desk, looks=True)
    if desk.config.broker.is_nowhere:
        book = fold(trading.ledger_at_hand().facts())
        return positions_by_ledger(book, playbook.current_session(desk.clock.now()))
    return run_positions(trading.book_ports())


def backup(desk: Desk) -> Outcome:
    """A checked copy of every ledger of the configured broker.

    Raises:
        LedgerError: one cannot be read, or its copy cannot be written.
    """
    from avwap_cli.stages.day.ledger_care import backup as copied

    session = sessions.last_completed(desk.clock.now())

    def work() -> Outcome:
        made = [copied(shelf, session) for shelf in desk.ledgers.shelves()]
        if not made:
            return Outcome(
                stage="ledger",
                trade_session=session,
                state=State.UNCHANGED,
                summary="there is no ledger yet",
            )
        changed = any(outcome.state is State.DONE for outcome in made)
        return replace(
            made[0],
            state=State.DONE if changed else State.UNCHANGED,
            summary="; ".join(outcome.summary for outcome in made),
        )

    return conduct(desk, "ledger", session, work, records=False)


def rebuild(desk: Desk, *, dry_run: bool) -> Outcome:
    """A lost ledger, made anew from the broker's orders that carry our ids.

    Raises:
        UsageError: the time is not the real one.
        LedgerError: there is a good ledger already.
    """
    from avwap_cli.stages.day.ledger_care import RebuildSources
    from avwap_cli.stages.day.ledger_care import rebuild as made_anew

    real_only(desk, dry_run=dry_run)
    now = desk.clock.now()
    session = playbook.current_session(now)

    def work() -> Outcome:
        trading = TradingDesk(desk, dry_run=dry_run)
        strategies = desk.config.rules.strategies
        sources = RebuildSources(trading.broker, trading.quotes, desk.store, strategies)
        with trading.account_lock():
            outcome = made_anew(trading.lost_shelf(), sources, session, now)
        summary = f"dry run: {outcome.summary}" if dry_run else outcome.summary
        return replace(outcome, summary=summary)

    return conduct(desk, "ledger", session, work, writes=not dry_run, records=False)
