"""The status page and the agenda: where the day stands, and how it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from avwap_cli import playbook
from avwap_cli.errors import AvwapError, InputError
from avwap_cli.home import is_home
from avwap_cli.market import sessions
from avwap_cli.review.held_distances import Closes, closes_of, held_distances
from avwap_cli.stages.day.halts import halt_text
from avwap_cli.stages.operations.agenda import Telling, agenda
from avwap_cli.stages.operations.status import TradingState, status
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.trading.books import halt_in_force
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.local_time import zone_warnings


def status_page(desk: Desk, asked: date | None = None) -> Outcome:
    """Where that trade session stands (default: the one that the time belongs to)."""
    session = asked or playbook.current_session(desk.clock.now())
    trading, zone = _trading_state(desk, session), zone_warnings(desk.environment)
    page = status(desk.store, desk.runs, desk.clock, desk.running_since, session, trading, zone)
    if is_home(desk.home.root):
        return page
    look = (f"{desk.home.root} is not a home of avwap; make one with `avwap init`",)
    return replace(page, body={**page.body, "attention": [*look, *page.body["attention"]]})


def timeline(desk: Desk, asked: date | None = None) -> Outcome:
    """The agenda of that trade session (default: the one that the time belongs to)."""
    told = agenda(desk.clock.now(), asked, _telling(desk))
    return replace(told, warnings=zone_warnings(desk.environment))


def _trading_state(desk: Desk, session: date) -> TradingState | None:
    """What the ledgers of this home say for the status page; None = it has never traded."""
    if not desk.home.ledgers.is_dir():
        return None
    try:
        books = desk.ledgers.books()
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


def _telling(desk: Desk) -> Telling:
    """Who hears of the stages of this home."""
    alerts = desk.config.alerts
    heard = any(desk.secrets.values.get(name) for name in alerts.channel_names)
    every = [stage.name for stage in playbook.STAGES] if alerts.heartbeat_url else []
    return Telling(heard and alerts.on_success == "digest", frozenset((*every, *alerts.pings)))
