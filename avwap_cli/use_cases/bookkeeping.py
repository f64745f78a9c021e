"""Bookkeeping: what the commands beside the trading day's stages ask of the desks.

Orders and positions on both sides, care of the ledger, what the status page says of
trading, and the tick that starts what is due.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path

from avwap_cli import playbook
from avwap_cli.errors import AvwapError, InputError, LockBusy, UsageError
from avwap_cli.market import sessions
from avwap_cli.market.symbols import inside
from avwap_cli.review.held_distances import Closes, closes_of, held_distances
from avwap_cli.stages.agenda import Telling, agenda
from avwap_cli.stages.halts import halt_text
from avwap_cli.stages.order_book import BookPorts, run_accept, run_orders
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.stages.positions_view import positions_by_ledger, run_positions
from avwap_cli.stages.status import TradingState, status
from avwap_cli.stages.tick import run_tick
from avwap_cli.trading.books import fold, halt_in_force
from avwap_cli.use_cases.conduct import conduct
from avwap_cli.use_cases.trading_day import real_only
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.local_time import zone_warnings
from avwap_cli.wiring.trading_desk import TradingDesk, shelves, tick_ports


def orders(desk: Desk, asked: str | None, *, verify: bool) -> Outcome:
    """Orders in the ledger and at the broker."""
    session = None if asked is None else sessions.parse_session(asked)
    return run_orders(_books(TradingDesk(desk, looks=True)), session, verify=verify)


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
        ports = _books(TradingDesk(desk, dry_run=dry_run))
        return run_accept(ports, wanted, why, dry_run=dry_run)

    session = playbook.current_session(desk.clock.now())
    return conduct(desk, "orders", session, work, writes=not dry_run, records=False)


def positions(desk: Desk) -> Outcome:
    """Positions in the ledger and at the broker, if one is named, and what protects them."""
    trading = TradingDesk(desk, looks=True)
    if desk.config.broker.is_nowhere:
        book = fold(trading.ledger_at_hand().facts())
        return positions_by_ledger(book, playbook.current_session(desk.clock.now()))
    return run_positions(_books(trading))


def _books(trading: TradingDesk) -> BookPorts:
    return BookPorts(
        trading.broker,
        trading.ledger,
        trading.notifier,
        trading.desk.clock,
        trading.account_lock,
    )


def backup(desk: Desk) -> Outcome:
    """A checked copy of every ledger of the configured broker.

    Raises:
        LedgerError: one cannot be read, or its copy cannot be written.
    """
    from avwap_cli.stages.ledger_care import backup as copied

    session = sessions.last_completed(desk.clock.now())

    def work() -> Outcome:
        made = [copied(shelf, session) for shelf in shelves(desk)]
        if not made:
            return Outcome(
                stage="ledger",
                trade_session=session,
                as_of=sessions.previous_session(session),
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
    from avwap_cli.stages.ledger_care import RebuildSources
    from avwap_cli.stages.ledger_care import rebuild as made_anew

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


def telling(desk: Desk) -> Telling:
    """Who hears of the stages of this home."""
    alerts = desk.config.alerts
    names = [entry.partition(":")[0] for entry in alerts.channels]
    heard = any(desk.secrets.values.get(name) for name in names)
    every = [stage.name for stage in playbook.STAGES] if alerts.heartbeat_url else []
    return Telling(heard and alerts.on_success == "digest", frozenset((*every, *alerts.pings)))


def timeline(desk: Desk, asked: date | None = None) -> Outcome:
    """The agenda of that trade session (default: the one that the time belongs to)."""
    told = agenda(desk.clock.now(), asked, telling(desk))
    return replace(told, warnings=zone_warnings(desk.environment))


def status_page(desk: Desk, asked: date | None = None) -> Outcome:
    """Where that trade session stands (default: the one that the time belongs to)."""
    session = asked or playbook.current_session(desk.clock.now())
    trading, zone = trading_state(desk, session), zone_warnings(desk.environment)
    return status(desk.store, desk.runs, desk.clock, desk.running_since, session, trading, zone)


def trading_state(desk: Desk, session: date) -> TradingState | None:
    """What the ledgers of this home say for the status page; None = it has never traded."""
    if not desk.home.ledgers.is_dir():
        return None
    try:
        books = desk.books()
    except AvwapError as problem:
        return TradingState(halt_text(None, desk.halt_file()), (str(problem),))
    changes = [change for book in books for change in book.halts]
    closes = _closes(desk, session)
    return TradingState(
        halt_text(halt_in_force(changes, session), desk.halt_file()),
        positions=tuple(row for book in books for row in held_distances(book, session, closes)),
    )


def _closes(desk: Desk, session: date) -> Closes | None:
    """What the evening before knew of the held symbols; None where it left nothing readable."""
    try:
        plans = desk.store.read_json(session, playbook.EXITS_PLANNED_JSON)
    except InputError:
        return None
    return closes_of(plans, sessions.previous_session(session))


def tick(desk: Desk, *, dry_run: bool) -> Outcome:
    """Start what is due; a tick that meets another does nothing."""
    try:
        with nullcontext() if dry_run else desk.lock("tick"):
            return run_tick(tick_ports(desk), dry_run=dry_run)
    except LockBusy:
        session = playbook.current_session(desk.clock.now())
        return Outcome(
            stage="tick",
            trade_session=session,
            as_of=sessions.previous_session(session),
            state=State.UNCHANGED,
            summary="another tick is at work",
        )


def crontab_lines(desk: Desk) -> Outcome:
    """The crontab lines of this host."""
    from avwap_cli.stages.crontabs import lines_outcome
    from avwap_cli.use_cases.evening import program_path

    session = playbook.current_session(desk.clock.now())
    told = lines_outcome(desk.cron_host(), desk.home, program_path(), session)
    return replace(told, warnings=zone_warnings(desk.environment))


def checked_crontab(desk: Desk, file: Path | None = None) -> Outcome:
    """What is wrong with the installed crontab, or with the lines of that file.

    Raises:
        InputError: the file cannot be read.
    """
    from avwap_cli.stages.crontabs import checked
    from avwap_cli.use_cases.evening import program_path

    told = checked(
        desk.installed_crontab(file),
        desk.cron_host(),
        desk.home,
        program_path(),
        playbook.current_session(desk.clock.now()),
        trades=all(desk.alpaca_keys()),
    )
    return replace(told, warnings=zone_warnings(desk.environment))


def alert_trial(desk: Desk, channel: str | None) -> Outcome:
    """One made-up message of each kind to each channel, or to that one.

    Raises:
        UsageError, ConfigError: as `run_alert_trial`.
    """
    from avwap_cli.stages.alert_trials import run_alert_trial

    now = desk.clock.now()
    session = playbook.current_session(now)
    named = [entry.partition(":")[0] for entry in desk.config.alerts.channels]
    with desk.log(writes=False):
        return run_alert_trial(desk.alerts.tried_channels(), named, channel, session, now)
